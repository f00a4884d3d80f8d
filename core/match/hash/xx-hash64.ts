import { Word64 } from "./word64.ts";

/** XXH64's primes 1 to 5, by their halves. */
const P1H = 0x9e3779b1;
const P1L = 0x85ebca87;
const P2H = 0xc2b2ae3d;
const P2L = 0x27d4eb4f;
const P3H = 0x165667b1;
const P3L = 0x9e3779f9;
const P4H = 0x85ebca77;
const P4L = 0xc2b2ae63;
const P5H = 0x27d4eb2f;
const P5L = 0x165667c5;

/** The four sums of long texts, and what is worked on. Hashing is never interrupted. */
const lanes = [new Word64(), new Word64(), new Word64(), new Word64()] as const;
const piece = new Word64();

/**
 * XXH64 of a text of bytes (one a character, as headers are), what Envoy hashes requests and hosts with. The hash is put into `into`.
 * Source: the xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxHash64(text: string, into: Word64, seedHigh = 0, seedLow = 0): void {
  const n = text.length;
  let at = 0;
  if (n >= 32) {
    const [a, b, c, d] = lanes;
    a.set(seedHigh, seedLow);
    a.add(P1H, P1L);
    a.add(P2H, P2L);
    b.set(seedHigh, seedLow);
    b.add(P2H, P2L);
    c.set(seedHigh, seedLow);
    d.set(seedHigh, seedLow);
    // Minus the first prime.
    d.add(~P1H, -P1L | 0);
    for (; at + 32 <= n; at += 32) {
      round(a, text, at);
      round(b, text, at + 8);
      round(c, text, at + 16);
      round(d, text, at + 24);
    }
    into.set(0, 0);
    addRotated(into, a, 1);
    addRotated(into, b, 7);
    addRotated(into, c, 12);
    addRotated(into, d, 18);
    merge(into, a);
    merge(into, b);
    merge(into, c);
    merge(into, d);
  } else {
    into.set(seedHigh, seedLow);
    into.add(P5H, P5L);
  }
  into.add(0, n);
  for (; at + 8 <= n; at += 8) {
    piece.set(0, 0);
    round(piece, text, at);
    into.xor(piece.high, piece.low);
    into.rotateLeft(27);
    into.multiply(P1H, P1L);
    into.add(P4H, P4L);
  }
  if (at + 4 <= n) {
    piece.set(0, read32(text, at));
    piece.multiply(P1H, P1L);
    into.xor(piece.high, piece.low);
    into.rotateLeft(23);
    into.multiply(P2H, P2L);
    into.add(P3H, P3L);
    at += 4;
  }
  for (; at < n; at++) {
    piece.set(0, text.charCodeAt(at) & 0xff);
    piece.multiply(P5H, P5L);
    into.xor(piece.high, piece.low);
    into.rotateLeft(11);
    into.multiply(P1H, P1L);
  }
  into.xorShiftRight(33);
  into.multiply(P2H, P2L);
  into.xorShiftRight(29);
  into.multiply(P3H, P3L);
  into.xorShiftRight(32);
}

function round(lane: Word64, text: string, at: number): void {
  step(lane, read32(text, at + 4), read32(text, at));
}

const input = new Word64();
function step(lane: Word64, high: number, low: number): void {
  input.set(high, low);
  input.multiply(P2H, P2L);
  lane.add(input.high, input.low);
  lane.rotateLeft(31);
  lane.multiply(P1H, P1L);
}

function addRotated(into: Word64, lane: Word64, bits: number): void {
  const { high, low } = lane;
  into.add((high << bits) | (low >>> (32 - bits)), (low << bits) | (high >>> (32 - bits)));
}

function merge(into: Word64, lane: Word64): void {
  piece.set(0, 0);
  step(piece, lane.high, lane.low);
  into.xor(piece.high, piece.low);
  into.multiply(P1H, P1L);
  into.add(P4H, P4L);
}

/** Little-endian. */
export function read32(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}
