import { type Cluster, clusterManagerKey, type ClusterManager } from "../../core/contract/cluster.ts";
import type { FilterDefinition, FilterScope, HookResult, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import type { Hold, HttpStream, Stop, TerminalStream } from "../../core/contract/stream.ts";
import type { DecisionTrace } from "../../core/contract/trace.ts";
import { Router as RouterSchema } from "../../core/resources/filters/router.ts";
import type { Infer } from "../../core/resources/schema/index.ts";
import { explainUpstream } from "./explain-upstream.ts";
import { RequestTerms } from "./request-terms.ts";
import type { RouterRoute } from "./router-route.ts";
import { startMirrors } from "./mirror-request.ts";
import { RouterRequest } from "./router-request.ts";
import { RouterStats } from "./router-stats.ts";

/** What all requests of one router share. */
export interface RouterConfig {
  readonly suppressEnvoyHeaders: boolean;
  readonly stats: RouterStats;
}

/** `envoy.filters.http.router`: ends the chain, picks the cluster that the route names and carries the exchange with it. */
class Router implements HttpFilter {
  readonly #clusters: ClusterManager;
  readonly #config: RouterConfig;

  /** Of the request that is just prepared: nothing interrupts that. */
  readonly #terms = new RequestTerms();
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
    config.stats.rq_total.value++;
    const terms = this.#terms;
    this.#prepare(s, headers, route, terms);
    const { timeout, perTry, retryOn, maxRetries, duration } = terms;
    if (duration >= 0) s.setMaxDuration(duration);
    const request = new RouterRequest(s, headers, route, cluster, config);
    if (route.hashPolicy !== null && cluster.usesHash) request.hashBy(route.hashPolicy);
    const mirrors =
      route.mirrors.length === 0 ? null : startMirrors(s, headers, end, route.mirrors, timeout, this.#clusterByName);
    request.start(end, timeout, perTry, retryOn, maxRetries, mirrors);
  }

  /** What the request's own headers ask of its exchange, if they may; then the headers become the upstream's. */
  #prepare(s: TerminalStream, headers: HeaderMap, route: RouterRoute, terms: RequestTerms): void {
    const { suppressEnvoyHeaders } = this.#config;
    terms.read(route, headers);
    route.finalizeRequest(s, headers, !suppressEnvoyHeaders);
    if (suppressEnvoyHeaders) return;
    const expected = terms.perTry > 0 ? terms.perTry : terms.timeout;
    if (expected > 0)
      (headers.list as string[]).push("x-envoy-expected-rq-timeout-ms", expected === 15_000 ? "15000" : String(expected));
  }

  explain(stream: HttpStream, headers: HeaderMap, end: boolean, trace: DecisionTrace): void | Stop {
    const s = stream as TerminalStream;
    const route = s.route as RouterRoute | null;
    if (route === null) return s.reply(404, { details: "route_not_found", flags: ResponseFlag.NoRouteFound });
    if (route.action !== "route") return this.#reply(s, route, headers);
    const name = route.selectCluster(s, headers).cluster;
    const cluster = name === "" ? undefined : this.#clusters.get(name);
    if (cluster === undefined) {
      const reason = name === "" ? "the header that names the cluster is missing" : "there is no such cluster";
      trace.note({ kind: "cluster", verdict: "rejected", subject: name || "none", reason });
      return s.reply(route.clusterNotFoundStatus, { details: "cluster_not_found", flags: ResponseFlag.NoClusterFound });
    }
    const terms = new RequestTerms();
    this.#prepare(s, headers, route, terms);
    return explainUpstream({ s, headers, end, route, cluster, terms, keepOriginal: !this.#config.suppressEnvoyHeaders }, trace);
  }

  // The stream's terminal control is the exchange: no state of the filter's own has to be made for it.
  onRequestBody(stream: HttpStream, chunk: Uint8Array, end: boolean): undefined {
    ((stream as TerminalStream).terminal as RouterRequest | null)?.body(chunk, end);
  }

  onRequestTrailers(stream: HttpStream, trailers: HeaderMap): undefined {
    ((stream as TerminalStream).terminal as RouterRequest | null)?.trailers(trailers);
  }

  #answer(s: TerminalStream, route: RouterRoute, headers: HeaderMap): Stop {
    const stats = this.#config.stats;
    if (route.action === "non_forwarding") stats.no_route.value++;
    else if (route.action === "redirect") stats.rq_redirect.value++;
    else stats.rq_direct_response.value++;
    return this.#reply(s, route, headers);
  }

  #reply(s: TerminalStream, route: RouterRoute, headers: HeaderMap): Stop {
    if (route.action === "non_forwarding") {
      return s.reply(404, { details: "route_not_found", flags: ResponseFlag.NoRouteFound });
    }
    const shell = s.newHeaders();
    shell.status = route.responseStatus;
    if (route.action === "redirect") shell.set("location", route.location(s, headers));
    return s.reply(shell.status, {
      body: route.action === "direct_response" ? route.responseBody : "",
      contentType: route.responseContentType === "" ? undefined : route.responseContentType,
      headers: shell.list,
      details: "direct_response",
    });
  }
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
