import { randomFillSync } from "node:crypto";

const HEX: string[] = [];
for (let i = 0; i < 256; i++) HEX.push((i < 16 ? "0" : "") + i.toString(16));

/** 256 identifiers a refill: the random generator's fixed cost is shared by them. */
const pool = new Uint8Array(4096);
let next = pool.length;

/** A random UUID, version 4 (RFC 9562 section 5.4), as Envoy puts into x-request-id. */
export function newRequestId(): string {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  const o = next;
  next += 16;
  const p = pool;
  const h = HEX;
  return (
    h[p[o]] +
    h[p[o + 1]] +
    h[p[o + 2]] +
    h[p[o + 3]] +
    "-" +
    h[p[o + 4]] +
    h[p[o + 5]] +
    "-" +
    h[(p[o + 6] & 0x0f) | 0x40] +
    h[p[o + 7]] +
    "-" +
    h[(p[o + 8] & 0x3f) | 0x80] +
    h[p[o + 9]] +
    "-" +
    h[p[o + 10]] +
    h[p[o + 11]] +
    h[p[o + 12]] +
    h[p[o + 13]] +
    h[p[o + 14]] +
    h[p[o + 15]]
  );
}
