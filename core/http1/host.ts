import type { Buffer } from "node:buffer";
import { COLON, HEX, REG_NAME, skipClass } from "./char-classes.ts";

const OPEN = 91;
const CLOSE = 93;
const DOT = 46;

/**
 * Where `uri-host [":" port]` (RFC 3986 section 3.2.2, RFC 9110 section 7.2), read from `from` on, stops being one: `to` if all
 * of it is. There is no userinfo, for `@` is no character of a host. -1 if the host is empty or the port is above 65535.
 */
export function hostEnd(bytes: Buffer, from: number, to: number): number {
  let i = from;
  if (i < to && bytes[i] === OPEN) {
    // Only an IPv6 address, perhaps with an IPv4 tail: IPvFuture and zones name nothing a gateway could know.
    i++;
    while (i < to && (HEX[bytes[i]] !== 0 || bytes[i] === COLON || bytes[i] === DOT)) i++;
    if (i === to || bytes[i] !== CLOSE || i - from < 3) return -1;
    i++;
  } else {
    i = skipClass(REG_NAME, bytes, i, to);
    if (i === from) return -1;
  }
  if (i === to || bytes[i] !== COLON) return i;
  let port = 0;
  for (i++; i < to; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return i;
    port = port * 10 + digit;
    if (port > 65535) return -1;
  }
  return i;
}
