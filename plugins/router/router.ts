import { type Cluster, clusterManagerKey, type ClusterManager } from "../../core/contract/cluster.ts";
import type { FilterDefinition, FilterScope, HookResult, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import type { Hold, HttpStream, TerminalStream } from "../../core/contract/stream.ts";
import { Router as RouterSchema } from "../../core/resources/filters/router.ts";
import type { Infer } from "../../core/resources/schema/index.ts";
import { parseRetryOn } from "./retry-state.ts";
import type { RouterRoute } from "./router-route.ts";
import { startMirrors } from "./mirror-request.ts";
import { RouterRequest } from "./router-request.ts";
import { RouterStats } from "./router-stats.ts";

/** What all requests of one router share. */
export interface RouterConfig {
  readonly suppressEnvoyHeaders: boolean;
  readonly stats: RouterStats;
}

/** Decimal digits only; -1 for anything else. */
function digits(text: string | undefined): number {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
}

/** `envoy.filters.http.router`: ends the chain, picks the cluster that the route names and carries the exchange with it. */
class Router implements HttpFilter {
  readonly #clusters: ClusterManager;
  readonly #config: RouterConfig;

  readonly #clusterByName: (name: string) => Cluster | undefined;

  constructor(clusters: ClusterManager, config: RouterConfig) {
    this.#clusters = clusters;
    this.#clusterByName = (name) => clusters.get(name);
    this.#config = config;
  }

  onRequestHeaders(stream: HttpStream, headers: HeaderMap, end: boolean): HookResult<Hold> {
    const s = stream as TerminalStream;
    const route = s.route as RouterRoute | null;
    const config = this.#config;
    if (route === null) {
      config.stats.no_route.value++;
      return s.reply(404, { details: "route_not_found", flags: ResponseFlag.NoRouteFound });
    }
    if (route.action !== "route") return this.#answer(s, route, headers);
    const name = route.selectCluster(s, headers).cluster;
    const cluster = name === "" ? undefined : this.#clusters.get(name);
    if (cluster === undefined) {
      config.stats.no_cluster.value++;
      return s.reply(route.clusterNotFoundStatus, { details: "cluster_not_found", flags: ResponseFlag.NoClusterFound });
    }
    s.upstreamCluster = cluster.name;
    if (route.idleTimeout !== undefined) s.setIdleTimeout(route.idleTimeout);
    if (route.maxStreamDuration !== undefined) s.setMaxDuration(route.maxStreamDuration);
    config.stats.rq_total.value++;
    let timeout = route.timeout;
    let perTry = route.perTryTimeout;
    let retryOn = 0;
    let maxRetries = -1;
    // The connection manager has removed these where the client is not trusted.
    if (mayHoldEnvoyHeaders(headers)) {
      const asked = digits(headers.get("x-envoy-upstream-rq-timeout-ms"));
      if (asked >= 0) timeout = asked;
      const askedTry = digits(headers.get("x-envoy-upstream-rq-per-try-timeout-ms"));
      if (askedTry >= 0) perTry = askedTry;
      retryOn = parseRetryOn(headers.get("x-envoy-retry-on") ?? "") | parseRetryOn(headers.get("x-envoy-retry-grpc-on") ?? "");
      maxRetries = digits(headers.get("x-envoy-max-retries"));
      headers.remove("x-envoy-upstream-rq-timeout-ms");
      headers.remove("x-envoy-upstream-rq-per-try-timeout-ms");
      headers.remove("x-envoy-retry-on");
      headers.remove("x-envoy-retry-grpc-on");
      headers.remove("x-envoy-max-retries");
    }
    if (timeout > 0 && perTry >= timeout) perTry = 0;
    route.finalizeRequest(s, headers, !config.suppressEnvoyHeaders);
    if (!config.suppressEnvoyHeaders) {
      const expected = perTry > 0 ? perTry : timeout;
      if (expected > 0)
        (headers.list as string[]).push("x-envoy-expected-rq-timeout-ms", expected === 15_000 ? "15000" : String(expected));
    }
    const request = new RouterRequest(s, headers, route, cluster, config);
    const mirrors =
      route.mirrors.length === 0 ? null : startMirrors(s, headers, end, route.mirrors, timeout, this.#clusterByName);
    request.start(end, timeout, perTry, retryOn, maxRetries, mirrors);
  }

  // The stream's terminal control is the exchange: no state of the filter's own has to be made for it.
  onRequestBody(stream: HttpStream, chunk: Uint8Array, end: boolean): undefined {
    ((stream as TerminalStream).terminal as RouterRequest | null)?.body(chunk, end);
  }

  onRequestTrailers(stream: HttpStream, trailers: HeaderMap): undefined {
    ((stream as TerminalStream).terminal as RouterRequest | null)?.trailers(trailers);
  }

  #answer(s: TerminalStream, route: RouterRoute, headers: HeaderMap): HookResult<Hold> {
    const stats = this.#config.stats;
    if (route.action === "non_forwarding") {
      stats.no_route.value++;
      return s.reply(404, { details: "route_not_found", flags: ResponseFlag.NoRouteFound });
    }
    const shell = s.newHeaders();
    shell.status = route.responseStatus;
    if (route.action === "redirect") {
      stats.rq_redirect.value++;
      shell.set("location", route.location(s, headers));
    } else stats.rq_direct_response.value++;
    return s.reply(shell.status, {
      body: route.action === "direct_response" ? route.responseBody : "",
      contentType: route.responseContentType === "" ? undefined : route.responseContentType,
      headers: shell.list,
      details: "direct_response",
    });
  }
}

function mayHoldEnvoyHeaders(headers: HeaderMap): boolean {
  const list = headers.list;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    if (name.length > 15 && name.charCodeAt(2) === 101 && name.startsWith("x-envoy-")) return true;
  }
  return false;
}

type RouterMessage = Infer<typeof RouterSchema>;

/** Envoy's router. */
export const routerFilter: FilterDefinition<RouterMessage, undefined> = {
  kind: "http_filter",
  id: "envoy.filters.http.router",
  typeUrls: ["envoy.extensions.filters.http.router.v3.Router"],
  status: "alpha",
  posture: "untrusted",
  terminal: true,
  config: RouterSchema,
  create(config: RouterMessage, scope: FilterScope): HttpFilter {
    const clusters = scope.services.get(clusterManagerKey);
    if (clusters === undefined) throw new Error("the router needs a cluster manager");
    return new Router(clusters, {
      suppressEnvoyHeaders: config.suppressEnvoyHeaders ?? false,
      stats: new RouterStats(scope.stats),
    });
  },
};
