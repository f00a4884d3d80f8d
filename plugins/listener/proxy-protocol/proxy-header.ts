import { ipText } from "../../../core/format/ip-text.ts";
import { addressBytes } from "../../../core/server/filter-chain-match.ts";

/** A header of the PROXY protocol. Source: "The PROXY protocol, versions 1 & 2", haproxy, sections 2.1 and 2.2. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Bytes that it takes. */
  readonly length: number;
  /** null: the connection is the proxy's own (LOCAL, UNKNOWN), and its addresses hold. */
  readonly addresses: ProxyAddresses | null;
  /** Values of version 2, in their order. */
  readonly values: readonly ProxyValue[];
}

/** The ends of the connection that the header tells of. */
export interface ProxyAddresses {
  readonly remote: string;
  readonly remotePort: number;
  readonly local: string;
  readonly localPort: number;
}

/** A type-length-value of a version 2 header. */
export interface ProxyValue {
  readonly type: number;
  readonly value: Buffer;
}

/** A header that can't be read. */
export interface ProxyHeaderError {
  readonly version: 1 | 2;
  readonly error: string;
}

/** "more": the beginning of a header; "none": there is none. */
export type ProxyHeaderResult = ProxyHeader | ProxyHeaderError | "more" | "none";

const V1 = Buffer.from("PROXY ", "latin1");
const V2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
/** Longest line of version 1, its end included. */
const MAX_V1 = 107;
const LF = 0x0a;
const NONE: readonly ProxyValue[] = Object.freeze([]);

/** The longest header there is: what a filter may have to read. */
export const MAX_PROXY_HEADER = 16 + 65_535;

/** Reads a header of either version from the beginning of what came. "more": it is not whole yet; "none": there is none. Source: the PROXY protocol, sections 2.1 and 2.2. */
export function readProxyHeader(bytes: Buffer): ProxyHeaderResult {
  if (startsWith(bytes, V2)) return bytes.length < 16 ? "more" : readV2(bytes);
  if (!startsWith(bytes, V1)) return "none";
  return bytes.length < V1.length ? "more" : readV1(bytes);
}

/** Whether what there is of the bytes is the mark's beginning. */
function startsWith(bytes: Buffer, mark: Buffer): boolean {
  const length = Math.min(bytes.length, mark.length);
  return bytes.compare(mark, 0, length, 0, length) === 0;
}

function readV1(bytes: Buffer): ProxyHeaderResult {
  const end = bytes.subarray(0, MAX_V1).indexOf(LF);
  if (end < 0) return bytes.length < MAX_V1 ? "more" : { version: 1, error: "the line does not end" };
  const wrong = (error: string): ProxyHeaderError => ({ version: 1, error });
  if (bytes[end - 1] !== 0x0d) return wrong("the line ends without CR");
  const line = bytes.toString("latin1", V1.length, end - 1);
  const header = { version: 1, length: end + 1, values: NONE } as const;
  // What follows UNKNOWN is to be ignored.
  if (line === "UNKNOWN" || line.startsWith("UNKNOWN ")) return { ...header, addresses: null };
  const [family, remote, local, remotePort, localPort, ...rest] = line.split(" ");
  if ((family !== "TCP4" && family !== "TCP6") || localPort === undefined || rest.length > 0)
    return wrong("wanted TCP4, TCP6 or UNKNOWN, two addresses and two ports");
  const from = ipOf(remote, family);
  const to = ipOf(local, family);
  if (from === undefined || to === undefined) return wrong("an address is not of its family");
  if (!isUnicast(from) || !isUnicast(to)) return wrong("an address is not one of a machine");
  const ports = [remotePort, localPort].map((text) => (/^(0|[1-9]\d{0,4})$/.test(text) ? Number(text) : 65_536));
  if (ports.some((port) => port > 65_535)) return wrong("a port is not a number from 0 to 65535");
  return { ...header, addresses: { remote: ipText(from), remotePort: ports[0], local: ipText(to), localPort: ports[1] } };
}

function ipOf(text: string, family: "TCP4" | "TCP6"): readonly number[] | undefined {
  if (text.includes(":") !== (family === "TCP6")) return undefined;
  // Leading zeros would be octal to some readers.
  if (family === "TCP4" && /(^|\.)0\d/.test(text)) return undefined;
  return addressBytes(text);
}

/** Neither unspecified, nor broadcast, nor multicast: nobody connects from or to those. */
function isUnicast(bytes: readonly number[]): boolean {
  if (bytes.every((byte) => byte === 0)) return false;
  if (bytes.length === 16) return bytes[0] !== 255;
  return (bytes[0] & 0xf0) !== 0xe0 && !bytes.every((byte) => byte === 255);
}

function readV2(bytes: Buffer): ProxyHeaderResult {
  const wrong = (error: string): ProxyHeaderError => ({ version: 2, error });
  const command = bytes[12];
  if (command >> 4 !== 2) return wrong(`version ${command >> 4}`);
  if ((command & 15) > 1) return wrong(`command ${command & 15}`);
  const family = bytes[13] >> 4;
  const protocol = bytes[13] & 15;
  const length = bytes.readUInt16BE(14);
  const local = (command & 15) === 0;
  const size = ADDRESS_SIZE[family];
  // As in Envoy, a proxy that speaks for others has to say for whom: an unknown family or a Unix socket is refused.
  if (!local && (size === undefined || protocol === 0 || protocol > 2)) return wrong(`family ${family}, protocol ${protocol}`);
  if (!local && size !== undefined && length < size) return wrong(`${length} bytes are too few for the addresses`);
  if (bytes.length < 16 + length) return "more";
  const header = { version: 2, length: 16 + length } as const;
  if (local) return { ...header, addresses: null, values: NONE };
  const values = readValues(bytes.subarray(16 + (size ?? 0), 16 + length));
  if (values === undefined) return wrong("a value is longer than the header");
  const half = family === 1 ? 4 : 16;
  const from = [...bytes.subarray(16, 16 + half)];
  const to = [...bytes.subarray(16 + half, 16 + 2 * half)];
  if (!isUnicast(from) || !isUnicast(to)) return wrong("an address is not one of a machine");
  const addresses = {
    remote: ipText(from),
    remotePort: bytes.readUInt16BE(16 + 2 * half),
    local: ipText(to),
    localPort: bytes.readUInt16BE(18 + 2 * half),
  };
  return { ...header, addresses, values };
}

/** Bytes of the addresses by family: IPv4, IPv6. */
const ADDRESS_SIZE: readonly (number | undefined)[] = [undefined, 12, 36];

function readValues(bytes: Buffer): ProxyValue[] | undefined {
  const values: ProxyValue[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes.length < at + 3) return undefined;
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return undefined;
    values.push({ type: bytes[at], value: bytes.subarray(at + 3, end) });
    at = end;
  }
  return values;
}
