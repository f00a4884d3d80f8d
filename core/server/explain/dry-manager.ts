import type { HttpFilter } from "../../contract/filter.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import type { HttpStream, Stop } from "../../contract/stream.ts";
import { StatsStore } from "../../observe/stats-store.ts";
import { FilterChain } from "../../stream/chain.ts";
import type { HttpStreamImpl } from "../../stream/http-stream.ts";
import { HttpConnectionManager } from "../hcm/manager.ts";
import { HcmStats } from "../hcm/stats.ts";
import type { Course, HeaderChange } from "./trace.ts";

const SILENT = { debug(): void {}, info(): void {}, warn(): void {}, error(): void {} };

/** How a stream ended that asked no upstream. */
export interface DryEnd {
  readonly status: number;
  readonly details: string;
  readonly headers: readonly string[];
}

/**
 * A connection manager with the options, routes and replies of a real one, whose streams go through what the filters tell of themselves instead of through
 * the filters. It counts for itself, writes no access log, and lets nothing out.
 */
export class DryManager extends HttpConnectionManager {
  /** Set when the stream is over. */
  end: DryEnd | null = null;

  /** @param sent the request's head as the client sent it: names in lower case, pseudo-headers first. */
  constructor(real: HttpConnectionManager, course: Course, sent: readonly string[]) {
    super({
      options: real.options,
      stats: new HcmStats(new StatsStore().scope("http", "explain")),
      chain: new FilterChain([
        { name: "explain", filter: walker(real, course, sent), skipOnError: false, requestBuffer: 0, responseBuffer: 0 },
      ]),
      routes: { match: (stream, headers) => real.routes.match(stream, headers, course) },
      accessLogs: [],
      log: SILENT,
      listenerName: real.listenerName,
      filterChainName: real.filterChainName,
      localReply: (stream, headers, body) => real.mapLocalReply(stream, headers, body),
    });
  }

  override completed(stream: HttpStreamImpl): void {
    super.completed(stream);
    this.end = { status: stream.responseCode, details: stream.responseCodeDetails, headers: stream.response?.list ?? [] };
  }
}

/** Stands for all filters of a chain: asks one after the other what it would do. */
function walker(real: HttpConnectionManager, course: Course, sent: readonly string[]): HttpFilter {
  return {
    onRequestHeaders(s: HttpStream, headers: HeaderMap, end: boolean): Stop {
      course.changed("connection manager", changesOf(sent, headersOf(headers)));
      course.around = undefined;
      // The real manager looks the route up before the filters only where routes have chains of their own.
      const variant = real.routesChooseChain ? s.route?.config[0] : undefined;
      const chain = variant instanceof FilterChain ? variant : real.chain;
      for (const entry of real.chain.entries) {
        if (!chain.entries.includes(entry))
          course.note({ kind: "filter", verdict: "skipped", subject: entry.name, reason: "disabled for this route" });
      }
      for (const { filter, name, about } of chain.entries) {
        course.around = about;
        if (filter.explain === undefined) {
          const acts = filter.onRequestHeaders ?? filter.onRequestBody ?? filter.onRequestTrailers;
          course.note(
            acts === undefined
              ? { kind: "filter", verdict: "skipped", subject: name, reason: "does nothing with requests" }
              : {
                  kind: "filter",
                  verdict: "unknown",
                  subject: name,
                  reason: "does not tell what it would do, and was not asked to do it",
                },
          );
          course.around = undefined;
          continue;
        }
        const before = headersOf(headers);
        const result = filter.explain(s, headers, end, course);
        course.changed(name, changesOf(before, headersOf(headers)));
        course.around = undefined;
        if (result !== undefined) return result;
      }
      return s.reset();
    },
  };
}

const PSEUDO = [":method", ":scheme", ":authority", ":path"] as const;

/** Names and values in a flat list, pseudo-headers first. */
export function headersOf(headers: HeaderMap): readonly string[] {
  const out: string[] = [];
  for (const name of PSEUDO) {
    const value = headers.get(name);
    if (value !== undefined) out.push(name, value);
  }
  return [...out, ...headers.list];
}

/** What is in one list and not in the other, by name; several values of a name are looked at together. */
export function changesOf(before: readonly string[], after: readonly string[]): readonly HeaderChange[] {
  const [old, now] = [byName(before), byName(after)];
  const changes: HeaderChange[] = [];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const change = { name, before: old.get(name), after: now.get(name) };
    // The scheme is what the connection says: nobody sent it.
    if (change.before !== change.after && !(name === ":scheme" && change.before === undefined)) changes.push(change);
  }
  return changes;
}

function byName(list: readonly string[]): Map<string, string> {
  const out = new Map<string, string>();
  for (let i = 0; i < list.length; i += 2) {
    const before = out.get(list[i]);
    out.set(list[i], before === undefined ? list[i + 1] : `${before}, ${list[i + 1]}`);
  }
  return out;
}
