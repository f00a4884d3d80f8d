import type { CidrRange } from "../resources/address.ts";
import type { Report } from "./problem.ts";

/** An IP address as its 16 bytes, IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), or null if the text is none. */
export function parseIp(text: string): Uint8Array | null {
  const out = new Uint8Array(16);
  return readIp(text, out) ? out : null;
}

/** As `parseIp`, into `out`: for addresses that arrive one after the other. */
export function readIp(text: string, out: Uint8Array): boolean {
  out.fill(0);
  const colon = text.indexOf(":");
  if (colon < 0) {
    out[10] = out[11] = 255;
    return readIp4(text, 0, text.length, out, 12);
  }
  let end = text.length;
  const zone = text.indexOf("%");
  if (zone >= 0) end = zone;
  let gap = -1;
  let n = 0;
  let at = 0;
  if (text.startsWith("::")) {
    gap = 0;
    at = 2;
  } else if (colon === 0) return false;
  while (at < end) {
    if (n > 14) return false;
    let value = 0;
    let digits = 0;
    const from = at;
    for (; at < end; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      value = value * 16 + digit;
      if (++digits > 4) return false;
    }
    if (at < end && text.charCodeAt(at) === 46) {
      if (n > 12 || !readIp4(text, from, end, out, n)) return false;
      n += 4;
      at = end;
      break;
    }
    if (digits === 0) return false;
    out[n++] = value >> 8;
    out[n++] = value & 255;
    if (at === end) break;
    if (text.charCodeAt(at) !== 58) return false;
    at++;
    if (at < end && text.charCodeAt(at) === 58) {
      if (gap >= 0) return false;
      gap = n;
      at++;
    } else if (at === end) return false;
  }
  if (gap < 0) return n === 16;
  if (n > 14) return false;
  out.copyWithin(16 - (n - gap), gap, n);
  out.fill(0, gap, 16 - (n - gap));
  return true;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return code >= 65 && code <= 70 ? code - 55 : -1;
}

function readIp4(text: string, from: number, end: number, out: Uint8Array, at: number): boolean {
  let parts = 0;
  let value = 0;
  let digits = 0;
  for (let i = from; i <= end; i++) {
    const code = i < end ? text.charCodeAt(i) : 46;
    if (code === 46) {
      if (digits === 0 || parts === 4) return false;
      out[at + parts++] = value;
      value = digits = 0;
      continue;
    }
    if (code < 48 || code > 57) return false;
    value = value * 10 + (code - 48);
    if (++digits > 3 || value > 255) return false;
  }
  return parts === 4;
}

interface Cidr {
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Counted over all 16 bytes. */
  readonly bits: number;
  readonly v4: boolean;
}

const scratch = new Uint8Array(16);

/** A list of address ranges. IPv4 ranges hold IPv4 addresses only (also as IPv4-mapped ones), IPv6 ranges the others. */
export class CidrList {
  readonly #ranges: readonly Cidr[];

  constructor(ranges: readonly Cidr[]) {
    this.#ranges = ranges;
  }

  /** Whether an address (text, without port) is in one of the ranges. What is no address is in none. */
  has(address: string): boolean {
    return this.longest(address) >= 0;
  }

  /** Index of the narrowest range that holds the address (the first of equals), or -1. */
  longest(address: string): number {
    if (this.#ranges.length === 0 || !readIp(address, scratch)) return -1;
    let best = -1;
    for (let i = 0; i < this.#ranges.length; i++) {
      const range = this.#ranges[i];
      if ((best < 0 || range.bits > this.#ranges[best].bits) && holds(range, scratch)) best = i;
    }
    return best;
  }

  describe(): string {
    return `[${this.#ranges.map((range) => range.text).join(", ")}]`;
  }
}

function isV4(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 255 && bytes[11] === 255;
}

function holds(range: Cidr, address: Uint8Array): boolean {
  if (range.v4 !== isV4(address)) return false;
  const whole = range.bits >> 3;
  for (let i = 0; i < whole; i++) if (range.bytes[i] !== address[i]) return false;
  const rest = range.bits & 7;
  return rest === 0 || (range.bytes[whole] ^ address[whole]) >> (8 - rest) === 0;
}

/** Compiles ranges (`CidrRange`: no `prefix_len` means 0, as in Envoy); mistakes are reported. */
export function compileCidrs(ranges: readonly CidrRange[], report: Report): CidrList {
  const compiled: Cidr[] = [];
  for (const range of ranges) {
    const bytes = parseIp(range.addressPrefix);
    if (bytes === null) {
      report({
        about: range,
        key: "addressPrefix",
        code: "invalid_value",
        message: "not an IP address",
        found: range.addressPrefix,
        wanted: "an IPv4 or IPv6 address",
      });
      continue;
    }
    const v4 = !range.addressPrefix.includes(":");
    const length = Math.min(range.prefixLen ?? 0, v4 ? 32 : 128);
    compiled.push({ text: `${range.addressPrefix}/${length}`, bytes, bits: v4 ? 96 + length : length, v4 });
  }
  return new CidrList(compiled);
}
