import type { Fields } from "../lib/message.ts";
import type { Script } from "../lib/origin.ts";
import { request } from "../lib/raw.ts";
import type { RequestParts } from "../lib/raw.ts";

/** A request of the table. */
export interface Case {
  group: string;
  name: string;
  listener: string;
  method: string;
  /** The bytes, as latin1. */
  bytes: string;
}

/** A request in parts. */
export interface Parts extends Omit<RequestParts, "headers" | "trailers"> {
  /** "name: value". */
  headers?: readonly string[];
  trailers?: readonly string[];
  listener?: string;
  /** What the origin is to answer. */
  answer?: Omit<Script, "headers"> & { headers?: readonly string[] };
  /** Added to the name where target and headers do not tell. */
  note?: string;
}

/** All requests of the table, in order. */
export const cases: Case[] = [];
let group = "";

/** The requests that follow belong to this group. */
export function startGroup(name: string): void {
  group = name;
}

/** Adds a well-formed request. */
export function ask(target: string, parts: Parts = {}): void {
  const { listener = "main", answer, note, headers = [], trailers = [], ...rest } = parts;
  const carried =
    rest.body === undefined ? "" : `(${rest.body.length} bytes${rest.chunk === undefined ? "" : ` in chunks of ${rest.chunk}`})`;
  const name = [
    rest.method,
    listener === "main" ? "" : `${listener}:`,
    rest.host ?? "",
    target,
    headers.length > 0 && `[${headers.join(", ")}]`,
    carried,
    trailers.length > 0 && "with trailers",
    answer && JSON.stringify(answer),
    note,
  ];
  const sent = fields(headers);
  if (answer !== undefined) sent.push(["x-answer", JSON.stringify({ ...answer, headers: fields(answer.headers ?? []) })]);
  const bytes = request(target, { ...rest, headers: sent, trailers: fields(trailers) });
  cases.push({ group, name: name.filter(Boolean).join(" "), listener, method: rest.method ?? "GET", bytes });
}

function fields(lines: readonly string[]): Fields {
  return lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
}

/** Adds a request as bytes (latin1). */
export function raw(name: string, bytes: string, listener = "main"): void {
  cases.push({ group, name, listener, method: bytes.slice(0, bytes.indexOf(" ")), bytes });
}
