import type { ByteQueue } from "./byte-queue.ts";

/** Header fields in the order and case of the wire. */
export type Fields = [name: string, value: string][];

/** The head of a message as it stood on the wire. */
export interface Head {
  startLine: string;
  headers: Fields;
}

/** How the length of a body is known. */
export type BodyLength = { kind: "none" } | { kind: "length"; bytes: number } | { kind: "chunked" } | { kind: "until-close" };

/** A body as it arrived. */
export interface Body {
  bytes: Buffer;
  trailers: Fields;
  /** False when the connection ended before the body did. Always true for a body that ends with the connection. */
  complete: boolean;
  /** Number of chunks, for chunked bodies. */
  chunks: number;
}

/** The first value of a field, by its name in any case. */
export function field(fields: Fields, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return fields.find(([n]) => n.toLowerCase() === wanted)?.[1];
}

/** All values of a field, by its name in any case. */
export function fieldAll(fields: Fields, name: string): string[] {
  const wanted = name.toLowerCase();
  return fields.filter(([n]) => n.toLowerCase() === wanted).map(([, value]) => value);
}

/** The next head; null when the connection ends before one is whole. */
export async function readHead(queue: ByteQueue): Promise<Head | null> {
  const startLine = await queue.readLine();
  if (startLine === null) return null;
  const headers = await readFields(queue);
  return headers === null ? null : { startLine, headers };
}

/** The body that follows a head. `sink` gets the bytes instead of their being kept. */
export async function readBody(
  queue: ByteQueue,
  length: BodyLength,
  sink?: (part: Buffer) => void | Promise<void>,
): Promise<Body> {
  const body: Body = { bytes: Buffer.alloc(0), trailers: [], complete: true, chunks: 0 };
  const parts: Buffer[] = [];
  const take = async (bytes: number): Promise<boolean> => {
    let left = bytes;
    while (left > 0) {
      const part = await queue.read(left);
      if (part === null) return false;
      left -= part.length;
      if (sink === undefined) parts.push(part);
      else await sink(part);
    }
    return true;
  };
  if (length.kind === "length") body.complete = await take(length.bytes);
  else if (length.kind === "until-close") await take(Number.POSITIVE_INFINITY);
  else if (length.kind === "chunked") body.complete = await readChunks(queue, body, take);
  body.bytes = Buffer.concat(parts);
  return body;
}

/** How long a request's body is (RFC 9112 section 6.3). */
export function requestBodyLength(head: Head): BodyLength {
  return declaredLength(head) ?? { kind: "none" };
}

/** How long a response's body is, which depends on the request's method too (RFC 9112 section 6.3). */
export function responseBodyLength(head: Head, method: string): BodyLength {
  const status = statusOf(head);
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
  if (method === "CONNECT" && status < 300) return { kind: "none" };
  return declaredLength(head) ?? { kind: "until-close" };
}

/** The status of a response head; 0 when the line has none. */
export function statusOf(head: Head): number {
  return Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(head.startLine)?.[1] ?? 0);
}

function declaredLength(head: Head): BodyLength | undefined {
  if (/(^|,)\s*chunked\s*$/i.test(field(head.headers, "transfer-encoding") ?? "")) return { kind: "chunked" };
  const length = field(head.headers, "content-length");
  return length === undefined ? undefined : { kind: "length", bytes: Number(length) };
}

async function readFields(queue: ByteQueue): Promise<Fields | null> {
  const fields: Fields = [];
  for (;;) {
    const line = await queue.readLine();
    if (line === null) return null;
    if (line === "") return fields;
    const colon = line.indexOf(":");
    fields.push([line.slice(0, Math.max(colon, 0)), line.slice(colon + 1).trim()]);
  }
}

async function readChunks(queue: ByteQueue, body: Body, take: (bytes: number) => Promise<boolean>): Promise<boolean> {
  for (;;) {
    const line = await queue.readLine();
    const size = line === null ? Number.NaN : Number.parseInt(line, 16);
    if (Number.isNaN(size)) return false;
    if (size === 0) break;
    body.chunks++;
    if (!(await take(size)) || (await queue.readLine()) === null) return false;
  }
  const trailers = await readFields(queue);
  body.trailers = trailers ?? [];
  return trailers !== null;
}
