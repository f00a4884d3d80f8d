import type { AccessLog, Logger } from "../../contract/filter.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import type { RouteTable } from "../../contract/route.ts";
import type { FilterChain } from "../../stream/chain.ts";
import type { HeaderMapImpl } from "../../stream/header-map.ts";
import type { HttpStreamImpl, StreamHost } from "../../stream/http-stream.ts";
import { mapStack } from "../../filter/loader/map-stack.ts";
import { clock } from "../../transport/clock.ts";
import type { Occupied } from "../accept/occupancy.ts";
import type { HcmOptions } from "./options.ts";
import type { HcmStats } from "./stats.ts";

/** Headers of the connection, of these lengths, that no filter can set. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding"]);

/** Rewrites local replies (`local_reply_config`); returns the body. */
export type LocalReplyMapper = (stream: HttpStreamImpl, headers: HeaderMap, body: string) => string;

/** Everything a connection manager is made of. */
export interface ManagerParts {
  readonly options: HcmOptions;
  readonly stats: HcmStats;
  readonly chain: FilterChain;
  /** Default: none, until `useRoutes`. */
  readonly routes?: RouteTable;
  readonly accessLogs: readonly AccessLog[];
  readonly log: Logger;
  readonly listenerName: string;
  readonly filterChainName: string;
  readonly localReply: LocalReplyMapper | null;
}

const NO_ROUTES: RouteTable = { match: () => undefined };

/**
 * An HTTP connection manager: the part of a snapshot that all streams of one filter chain share. It holds no stream and no connection, so it is gone
 * when the last stream that started on it is.
 */
export class HttpConnectionManager implements StreamHost, Occupied {
  readonly options: HcmOptions;
  readonly stats: HcmStats;
  readonly chain: FilterChain;
  /** Set before it serves, and not again. */
  routes: RouteTable;
  routesChooseChain: boolean;
  readonly proxy100Continue: boolean;
  readonly listenerName: string;
  readonly filterChainName: string;
  /** Whether a client's addresses may be asked for when it is gone: by an access log, or by a filter that looks at the end of streams. */
  readonly tellsAddresses: boolean;
  readonly #accessLogs: readonly AccessLog[];
  readonly log: Logger;
  readonly #localReply: LocalReplyMapper | null;
  /** Streams that started on it and are not over. */
  activeStreams: number;
  /** Set when the snapshot that it belongs to was replaced: called when the last stream is over. */
  onIdle: (() => void) | null;

  constructor(parts: ManagerParts) {
    this.options = parts.options;
    this.stats = parts.stats;
    this.chain = parts.chain;
    this.routes = parts.routes ?? NO_ROUTES;
    this.routesChooseChain = false;
    this.proxy100Continue = parts.options.proxy100Continue;
    this.listenerName = parts.listenerName;
    this.filterChainName = parts.filterChainName;
    this.tellsAddresses = parts.accessLogs.length > 0 || parts.chain.complete.length > 0;
    this.#accessLogs = parts.accessLogs;
    this.log = parts.log;
    this.#localReply = parts.localReply;
    this.activeStreams = 0;
    this.onIdle = null;
  }

  get occupied(): boolean {
    return this.activeStreams > 0;
  }

  /** Its routes are compiled, after everything else. */
  useRoutes(routes: RouteTable, chooseChain: boolean): void {
    this.routes = routes;
    this.routesChooseChain = chooseChain;
  }

  started(): void {
    this.activeStreams++;
    this.stats.downstream_rq_total.value++;
    this.stats.downstream_rq_active.value++;
  }

  /** Source: Envoy, "HTTP header manipulation": server, date, via, x-request-id. */
  finishResponseHeaders(stream: HttpStreamImpl, headers: HeaderMap): void {
    const o = this.options;
    const map = headers as HeaderMapImpl;
    const list = map.list;
    let serverAt = -1;
    let dateAt = -1;
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i];
      if (name.length === 6) {
        if (name === "server") serverAt = i;
      } else if (name.length === 4) {
        if (name === "date") dateAt = i;
      } else if ((name.length === 10 || name.length === 17) && HOP_BY_HOP.has(name)) {
        // The codec drops an upstream's: this is a filter's. Of the connection only we know, and two framings of one message are an attack.
        if (name === "connection" && list[i + 1].toLowerCase().includes("close")) stream.closeConnection = true;
        list.splice(i, 2);
        i -= 2;
      }
    }
    if (serverAt < 0) {
      if (o.serverHeaderTransformation !== "PASS_THROUGH") list.push("server", o.serverName);
    } else if (o.serverHeaderTransformation === "OVERWRITE") {
      list[serverAt + 1] = o.serverName;
    }
    if (dateAt < 0) list.push("date", clock.httpDate());
    if (o.via !== "") {
      const via = map.get("via");
      map.setTrusted("via", via === undefined || via === "" ? o.via : via + ", " + o.via);
    }
    if (o.alwaysSetRequestIdInResponse && stream.requestId !== "") map.setTrusted("x-request-id", stream.requestId);
  }

  mapLocalReply(stream: HttpStreamImpl, headers: HeaderMap, body: string): string {
    return this.#localReply === null ? body : this.#localReply(stream, headers, body);
  }

  completed(stream: HttpStreamImpl): void {
    const stats = this.stats;
    stats.downstream_rq_active.value--;
    if (stream.responseCode !== 0 && stream.headersSent) stats.response(stream.responseCode);
    stats.downstream_rq_time.record(stream.endTime - stream.startTime);
    const logs = this.#accessLogs;
    for (let i = 0; i < logs.length; i++) {
      try {
        logs[i].log(stream);
      } catch (error) {
        this.log.error(`access log: ${text(error)}`);
      }
    }
    if (--this.activeStreams === 0 && this.onIdle !== null) this.onIdle();
  }

  durationReached(): void {
    this.stats.downstream_rq_max_duration_reached.value++;
  }

  hookError(stream: HttpStreamImpl, filter: string, error: unknown, skipped: boolean): void {
    this.log.error(`filter ${filter}: ${text(error)} (stream ${stream.id}, ${skipped ? "skipped" : "failed"})`);
  }
}

function text(error: unknown): string {
  return error instanceof Error ? mapStack(error.stack ?? error.message) : String(error);
}
