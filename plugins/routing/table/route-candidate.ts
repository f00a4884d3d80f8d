import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import type { Regex } from "../../../core/match/regex.ts";
import { foldText, toWire } from "../../../core/match/wire-text.ts";
import type { RouteConditions } from "./route-conditions.ts";
import type { RouteEntry } from "./route-entry.ts";

/** How a route looks at the path; "connect" not at all. */
export type PathKind = "exact" | "prefix" | "separated" | "regex" | "connect";

/** A route as the index sees it: its place in the configuration, and what is left to check once its path key was found. */
export class RouteCandidate {
  /** Place in the list of routes: the lowest that matches wins. */
  readonly order: number;
  readonly kind: PathKind;
  /** The path, prefix or expression as configured. */
  readonly text: string;
  readonly caseSensitive: boolean;
  readonly regex: Regex | null;
  readonly conditions: RouteConditions;
  readonly entry: RouteEntry;

  constructor(
    order: number,
    kind: PathKind,
    text: string,
    caseSensitive: boolean,
    regex: Regex | null,
    conditions: RouteConditions,
    entry: RouteEntry,
  ) {
    this.order = order;
    this.kind = kind;
    this.text = text;
    this.caseSensitive = caseSensitive;
    this.regex = regex;
    this.conditions = conditions;
    this.entry = entry;
  }

  /** What the index did not decide. `path` ends at `end` for matching; `query`: where the `?` stands in `headers.path`, or -1. */
  matches(stream: HttpStream, headers: HeaderMap, path: string, end: number, query: number): boolean {
    if (this.regex !== null && !this.regex.matchUntil(path, end)) return false;
    return this.conditions.none || this.conditions.match(stream, headers, query);
  }

  /** Whether the path matches, without an index. For `explain`. */
  pathMatches(headers: HeaderMap, path: string, end: number): boolean {
    if (this.kind === "connect") return isConnect(headers);
    if (headers.path === "") return false;
    if (this.regex !== null) return this.regex.matchUntil(path, end);
    const text = this.caseSensitive ? toWire(this.text) : foldText(toWire(this.text));
    const given = this.caseSensitive ? path.slice(0, end) : foldText(path.slice(0, end));
    if (this.kind === "exact") return given === text;
    return given.startsWith(text) && (this.kind === "prefix" || given.length === text.length || given[text.length] === "/");
  }

  describePath(): string {
    const verb = {
      exact: "path equals",
      prefix: "path starts with",
      separated: "path is or lies below",
      regex: "path matches",
      connect: "CONNECT",
    }[this.kind];
    return this.kind === "connect" ? verb : `${verb} ${JSON.stringify(this.text)}${this.caseSensitive ? "" : " (any case)"}`;
  }
}

/** Whether a request is what `connect_matcher` is for: CONNECT, or an upgrade to connect-udp (RFC 9298). */
export function isConnect(headers: HeaderMap): boolean {
  return headers.method === "CONNECT" || headers.get("upgrade") === "connect-udp";
}
