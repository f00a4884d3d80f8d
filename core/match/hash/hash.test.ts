import { describe, expect, it } from "vitest";
import { murmurHash64 } from "./murmur-hash64.ts";
import { Word64 } from "./word64.ts";
import { xxHash64 } from "./xx-hash64.ts";

function xx(text: string, seed = 0): bigint {
  const word = new Word64();
  xxHash64(text, word, 0, seed);
  return word.toBigInt();
}

function murmur(text: string): bigint {
  const word = new Word64();
  murmurHash64(text, word);
  return word.toBigInt();
}

const MASK = (1n << 64n) - 1n;

/** Numbers in [0, 1), the same for the same seed. */
function seededRandom(seed: number): () => number {
  return () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

describe("Word64", () => {
  it("reckons modulo 2^64 as BigInt does", () => {
    const random = seededRandom(3);
    const edge = [0, 1, -1, 0x7fffffff, 0x80000000, 0xffff, 0x10000, 0xffff0000];
    const half = (i: number): number => (i < 64 ? edge[(i * 5 + (i >> 3)) & 7] : Math.floor(random() * 2 ** 32));
    const big = (high: number, low: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    for (let i = 0; i < 2_000; i++) {
      const [ah, al, bh, bl] = [half(i), half(i + 1), half(i * 3), half(i * 7)];
      const bits = 1 + (i % 31);
      const word = new Word64();
      const check = (wanted: bigint): void => expect(word.toBigInt()).toBe(wanted & MASK);
      word.set(ah, al);
      word.add(bh, bl);
      check(big(ah, al) + big(bh, bl));
      word.set(ah, al);
      word.multiply(bh, bl);
      check(big(ah, al) * big(bh, bl));
      word.set(ah, al);
      word.rotateLeft(bits);
      check((big(ah, al) << BigInt(bits)) | (big(ah, al) >> BigInt(64 - bits)));
      word.set(ah, al);
      word.xorShiftRight(2 * bits);
      check(big(ah, al) ^ (big(ah, al) >> BigInt(2 * bits)));
    }
  });
});

describe("xxHash64", () => {
  // Published vectors: the specification's sanity checks and the ones that Envoy's own tests hold.
  it.each([
    ["", 0xef46db3751d8e999n],
    ["a", 0xd24ec4f1a98c6e5bn],
    ["abc", 0x44bc2cf5ad770999n],
    ["foo", 3728699739546630719n],
    ["bar", 5234164152756840025n],
    ["foo\nbar", 8917841378505826757n],
    ["lyft", 4400747396090729504n],
    ["Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1n],
  ] as const)("of %j", (text, wanted) => {
    expect(xx(text)).toBe(wanted);
  });

  it("is the specification's, for every length and seed", () => {
    const random = seededRandom(9);
    for (let n = 0; n < 200; n++) {
      const text = String.fromCharCode(...new Array<number>(n).fill(0).map(() => Math.floor(random() * 256)));
      expect(xx(text)).toBe(reference(text, 0n));
      expect(xx(text, 1)).toBe(reference(text, 1n));
    }
  });
});

describe("murmurHash64", () => {
  it.each([
    ["", 6142509188972423790n],
    ["foo", 9631199822919835226n],
    ["bar", 11474628671133349555n],
    ["foo\nbar", 16306510975912980159n],
    ["lyft", 12847078931730529320n],
  ] as const)("of %j", (text, wanted) => {
    expect(murmur(text)).toBe(wanted);
  });
});

/** XXH64 by its specification, with BigInt. */
function reference(text: string, seed: bigint): bigint {
  const [p1, p2, p3, p4, p5] = [
    0x9e3779b185ebca87n,
    0xc2b2ae3d27d4eb4fn,
    0x165667b19e3779f9n,
    0x85ebca77c2b2ae63n,
    0x27d4eb2f165667c5n,
  ];
  const rotl = (x: bigint, r: bigint): bigint => ((x << r) | (x >> (64n - r))) & MASK;
  const read = (at: number, bytes: number): bigint => {
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(text.charCodeAt(at + i));
    return value;
  };
  const round = (acc: bigint, lane: bigint): bigint => (rotl((acc + lane * p2) & MASK, 31n) * p1) & MASK;
  let at = 0;
  let h: bigint;
  if (text.length >= 32) {
    const v = [(seed + p1 + p2) & MASK, (seed + p2) & MASK, seed, (seed - p1) & MASK];
    for (; at + 32 <= text.length; at += 32) for (let i = 0; i < 4; i++) v[i] = round(v[i], read(at + 8 * i, 8));
    h = (rotl(v[0], 1n) + rotl(v[1], 7n) + rotl(v[2], 12n) + rotl(v[3], 18n)) & MASK;
    for (const lane of v) h = ((h ^ round(0n, lane)) * p1 + p4) & MASK;
  } else h = (seed + p5) & MASK;
  h = (h + BigInt(text.length)) & MASK;
  for (; at + 8 <= text.length; at += 8) h = (rotl(h ^ round(0n, read(at, 8)), 27n) * p1 + p4) & MASK;
  if (at + 4 <= text.length) {
    h = (rotl(h ^ ((read(at, 4) * p1) & MASK), 23n) * p2 + p3) & MASK;
    at += 4;
  }
  for (; at < text.length; at++) h = (rotl(h ^ ((read(at, 1) * p5) & MASK), 11n) * p1) & MASK;
  h = ((h ^ (h >> 33n)) * p2) & MASK;
  h = ((h ^ (h >> 29n)) * p3) & MASK;
  return h ^ (h >> 32n);
}
