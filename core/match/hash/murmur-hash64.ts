import { Word64 } from "./word64.ts";
import { read32 } from "./xx-hash64.ts";

const MH = 0xc6a4a793;
const ML = 0x5bd1e995;
/** The seed of libstdc++'s `std::hash`, and of Envoy's MURMUR_HASH_2. */
const SEED = 0xc70f6907;

const piece = new Word64();

/**
 * MurmurHash2 for 64 bits (MurmurHash64A) of a text of bytes, with the seed of libstdc++: what Envoy's ring is made by with MURMUR_HASH_2.
 * The hash is put into `into`. Source: https://github.com/aappleby/smhasher/blob/master/src/MurmurHash2.cpp
 */
export function murmurHash64(text: string, into: Word64): void {
  const n = text.length;
  into.set(0, n);
  into.multiply(MH, ML);
  into.xor(0, SEED | 0);
  let at = 0;
  for (; at + 8 <= n; at += 8) {
    piece.set(read32(text, at + 4), read32(text, at));
    piece.multiply(MH, ML);
    piece.xorShiftRight(47);
    piece.multiply(MH, ML);
    into.xor(piece.high, piece.low);
    into.multiply(MH, ML);
  }
  if (at < n) {
    let high = 0;
    let low = 0;
    for (let i = n - 1; i >= at; i--) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | (text.charCodeAt(i) & 0xff);
    }
    into.xor(high, low);
    into.multiply(MH, ML);
  }
  into.xorShiftRight(47);
  into.multiply(MH, ML);
  into.xorShiftRight(47);
}
