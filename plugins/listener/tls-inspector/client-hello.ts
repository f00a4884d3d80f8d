/** What a ClientHello asks for. */
export interface ClientHello {
  /** Lower case; "": none. */
  readonly serverName: string;
  readonly applicationProtocols: readonly string[];
}

/**
 * What the first bytes of a connection are. "more": the beginning of a ClientHello; "other": no TLS; "bad": a handshake of TLS that
 * can't be read.
 */
export type ClientHelloResult = ClientHello | "more" | "other" | "bad";

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const MAX_RECORD = 16_384;
const SERVER_NAME = 0;
const ALPN = 16;

/** Reads a ClientHello (RFC 8446 sections 4.1.2 and 5.1; RFC 6066 section 3; RFC 7301), however it is cut into records. */
export function readClientHello(bytes: Buffer): ClientHelloResult {
  if (bytes[0] !== HANDSHAKE || (bytes.length > 1 && bytes[1] !== 3)) return "other";
  const fragments: Buffer[] = [];
  let have = 0;
  let wanted = 4;
  for (let at = 0; ;) {
    if (bytes.length < at + 5) return "more";
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3 || length === 0 || length > MAX_RECORD) return at === 0 ? "other" : "bad";
    const fragment = bytes.subarray(at + 5, at + 5 + length);
    fragments.push(fragment);
    have += fragment.length;
    if (have >= 4 && wanted === 4) {
      const head = fragments.length === 1 ? fragment : Buffer.concat(fragments);
      if (head[0] !== CLIENT_HELLO) return "other";
      wanted = 4 + head.readUIntBE(1, 3);
    }
    if (have >= wanted && wanted > 4) break;
    if (wanted === 4 && have >= 4) return "bad";
    if (fragment.length < length) return "more";
    at += 5 + length;
  }
  const message = fragments.length === 1 ? fragments[0] : Buffer.concat(fragments);
  return readMessage(new Reader(message, 4, wanted)) ?? "bad";
}

function readMessage(reader: Reader): ClientHello | undefined {
  // Version and random; session id; cipher suites; compression methods.
  if (!reader.skip(34) || !reader.skipVector(1) || !reader.skipVector(2) || !reader.skipVector(1)) return undefined;
  let serverName = "";
  let applicationProtocols: readonly string[] = [];
  if (reader.done) return { serverName, applicationProtocols };
  const extensions = reader.vector(2);
  if (extensions === undefined || !reader.done) return undefined;
  const seen = new Set<number>();
  while (!extensions.done) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    // Two extensions of a type are an error (RFC 8446 section 4.2), and one could hide the other from whoever decides.
    if (type === undefined || body === undefined || seen.has(type)) return undefined;
    seen.add(type);
    if (type === SERVER_NAME) {
      const name = readServerName(body);
      if (name === undefined) return undefined;
      serverName = name;
    } else if (type === ALPN) {
      const protocols = readProtocols(body);
      if (protocols === undefined) return undefined;
      applicationProtocols = protocols;
    }
  }
  return { serverName, applicationProtocols };
}

function readServerName(body: Reader): string | undefined {
  const list = body.vector(2);
  if (list === undefined || !body.done || list.done) return undefined;
  let name: string | undefined;
  while (!list.done) {
    const type = list.number(1);
    const value = list.vector(2);
    if (type === undefined || value === undefined) return undefined;
    if (type !== 0) continue;
    if (name !== undefined) return undefined;
    name = value.text();
    // A host name is visible ASCII; anything else would be compared, and logged, as something it is not.
    if (name === "" || name.length > 255 || !/^[!-~]+$/.test(name)) return undefined;
  }
  return (name ?? "").toLowerCase();
}

function readProtocols(body: Reader): string[] | undefined {
  const list = body.vector(2);
  if (list === undefined || !body.done || list.done) return undefined;
  const protocols: string[] = [];
  while (!list.done) {
    const protocol = list.vector(1)?.text();
    if (protocol === undefined || protocol === "") return undefined;
    protocols.push(protocol);
  }
  return protocols;
}

/** Reads numbers and length-prefixed vectors within bounds; undefined (or false) beyond them. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at === this.#end;
  }

  skip(length: number): boolean {
    if (this.#at + length > this.#end) return false;
    this.#at += length;
    return true;
  }

  number(size: 1 | 2): number | undefined {
    const at = this.#at;
    return this.skip(size) ? this.#bytes.readUIntBE(at, size) : undefined;
  }

  vector(size: 1 | 2): Reader | undefined {
    const length = this.number(size);
    const at = this.#at;
    return length === undefined || !this.skip(length) ? undefined : new Reader(this.#bytes, at, at + length);
  }

  skipVector(size: 1 | 2): boolean {
    return this.vector(size) !== undefined;
  }

  text(): string {
    return this.#bytes.toString("latin1", this.#at, this.#end);
  }
}
