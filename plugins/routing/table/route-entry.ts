import type { ResourcePriority } from "../../../core/contract/cluster.ts";
import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import type { DecisionTrace } from "../../../core/contract/trace.ts";
import type { RegexRewrite } from "../../../core/match/regex-rewrite.ts";
import type { CorsPolicy } from "../../../core/resources/cors-policy.ts";
import type { Route as RouteResource } from "../../../core/resources/route.ts";
import type { InternalRedirectPolicy } from "../../../core/resources/route-action.ts";
import type { ClusterChoice, RouterRoute } from "../../router/router-route.ts";
import { updateAuthority } from "./authority.ts";
import type { HashPolicy } from "./hash-policy.ts";
import type { HeaderMutations } from "./header-mutations.ts";
import type { MirrorPolicy } from "./mirror-policy.ts";
import type { PathRewrite } from "./path-rewrite.ts";
import type { Redirect } from "./redirect.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import { pathEnd } from "./route-index.ts";
import type { WeightedClusters } from "./weighted-clusters.ts";

/** What a route does with a request. */
export type RouteKind = RouterRoute["action"];

/** Whether a route lets a protocol upgrade through. */
export interface UpgradeRule {
  readonly enabled: boolean;
  /** CONNECT is answered here and its payload goes upstream as plain TCP. */
  readonly terminate: boolean;
}

/** All that a route entry is made of. */
export interface RouteEntryParts {
  readonly name: string;
  readonly virtualHost: string;
  /** Per-filter configuration by slot. */
  readonly config: readonly unknown[];
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly resource: object;
  readonly action: RouteKind;
  /** Actions "redirect" and "direct_response"; else 0. */
  readonly responseStatus: number;
  /** Action "direct_response". */
  readonly responseBody: string;
  /** "" leaves it to whoever writes the reply. */
  readonly responseContentType: string;
  /** Answer of a route whose cluster does not exist: 503, 404 or 500. */
  readonly clusterNotFoundStatus: number;
  readonly priority: ResourcePriority;
  /** For the whole response, from the end of the request, in ms; 0: none. Default 15,000. */
  readonly timeout: number;
  /** Stream idle timeout in place of the connection manager's, in ms; undefined: that one, 0: none. */
  readonly idleTimeout: number | undefined;
  /** In ms; undefined: the connection manager's; 0: none. */
  readonly maxStreamDuration: number | undefined;
  /** The route has `max_stream_duration`, whatever is in it: then that bounds its streams, and `timeout` is 0. */
  readonly boundsStreams: boolean;
  /** `grpc-timeout` of the request counts, up to this, in ms; 0: without bound; undefined: it does not count. */
  readonly grpcTimeoutHeaderMax: number | undefined;
  /** Taken off `grpc-timeout`, in ms. */
  readonly grpcTimeoutHeaderOffset: number;
  /** `grpc-timeout` of the request counts in place of `timeout`, up to this, in ms; 0: without bound; undefined: it does not count. */
  readonly maxGrpcTimeout: number | undefined;
  /** Taken off `grpc-timeout` where that is larger, in ms. */
  readonly grpcTimeoutOffset: number;
  /** The route's, else its virtual host's; undefined: no retries but by `x-envoy-retry-on`. */
  readonly retryPolicy: RetryPolicy | undefined;
  readonly hedgeOnPerTryTimeout: boolean;
  /** The route's, else its virtual host's, else the route configuration's. */
  readonly mirrors: readonly MirrorPolicy[];
  readonly hashPolicy: HashPolicy | null;
  /** The upstream's host name replaces the authority once the upstream is picked. */
  readonly autoHostRewrite: boolean;
  /** Whether a replaced authority is appended to `x-forwarded-host`. */
  readonly appendForwardedHost: boolean;
  readonly includeAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  readonly includeIsTimeoutRetryHeader: boolean;
  /** Bytes of a request body kept for retries and mirrors, the route's or its virtual host's; undefined: the connection manager's. */
  readonly requestBufferLimit: number | undefined;
  /** By lower-case name of the protocol ("connect" for CONNECT). A protocol that is not in it is as the connection manager says. */
  readonly upgrades: ReadonlyMap<string, UpgradeRule>;
  readonly internalRedirect: InternalRedirectPolicy | undefined;
  /** `metadata_match` below "envoy.lb", for subset balancers; a weighted cluster's is merged over the route's. */
  readonly metadataMatch: Readonly<Record<string, unknown>> | undefined;
  /** Deprecated `cors` of the route, else of its virtual host: for the CORS filter when it has no per-route configuration. */
  readonly cors: CorsPolicy | undefined;
  readonly statPrefix: string;
}

/** What a route entry keeps to itself. */
export interface RouteEntryActions {
  readonly cluster: string;
  readonly clusterHeader: string;
  readonly weighted: WeightedClusters | null;
  /** Of the weighted cluster: they come before its host, and that before the others. */
  readonly weightedMutations: HeaderMutations | null;
  readonly weightedHost: string;
  readonly requestMutations: readonly HeaderMutations[];
  readonly responseMutations: readonly HeaderMutations[];
  readonly redirect: Redirect | null;
  readonly pathRewrite: PathRewrite | null;
  readonly hostLiteral: string;
  readonly hostHeader: string;
  readonly hostPathRegex: RegexRewrite | null;
}

/**
 * A compiled route: what a matched request is to undergo. Immutable and shared; its methods allocate only where the configuration makes new texts.
 *
 * A route with weighted clusters has one entry for each of them: looking the route up picks one, as in Envoy, so that filters see its per-filter
 * configuration too.
 */
export class RouteEntry implements RouterRoute, RouteEntryParts {
  readonly name: string;
  readonly virtualHost: string;
  readonly config: readonly unknown[];
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly resource: object;
  readonly action: RouteKind;
  readonly responseStatus: number;
  readonly responseBody: string;
  readonly responseContentType: string;
  readonly clusterNotFoundStatus: number;
  readonly priority: ResourcePriority;
  readonly timeout: number;
  readonly idleTimeout: number | undefined;
  readonly boundsStreams: boolean;
  readonly maxStreamDuration: number | undefined;
  readonly grpcTimeoutHeaderMax: number | undefined;
  readonly grpcTimeoutHeaderOffset: number;
  readonly maxGrpcTimeout: number | undefined;
  readonly grpcTimeoutOffset: number;
  readonly retryPolicy: RetryPolicy | undefined;
  readonly perTryTimeout: number;
  readonly perTryIdleTimeout: number;
  readonly hedgeOnPerTryTimeout: boolean;
  readonly mirrors: readonly MirrorPolicy[];
  readonly hashPolicy: HashPolicy | null;
  readonly autoHostRewrite: boolean;
  readonly appendForwardedHost: boolean;
  readonly includeAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  readonly includeIsTimeoutRetryHeader: boolean;
  readonly requestBufferLimit: number | undefined;
  readonly upgrades: ReadonlyMap<string, UpgradeRule>;
  readonly internalRedirect: InternalRedirectPolicy | undefined;
  readonly metadataMatch: Readonly<Record<string, unknown>> | undefined;
  readonly cors: CorsPolicy | undefined;
  readonly statPrefix: string;

  readonly #choice: ClusterChoice;
  readonly #clusterHeader: string;
  readonly #weighted: WeightedClusters | null;
  readonly #weightedMutations: HeaderMutations | null;
  readonly #weightedHost: string;
  readonly #requestMutations: readonly HeaderMutations[];
  readonly #responseMutations: readonly HeaderMutations[];
  readonly #redirect: Redirect | null;
  readonly #pathRewrite: PathRewrite | null;
  readonly #hostLiteral: string;
  readonly #hostHeader: string;
  readonly #hostPathRegex: RegexRewrite | null;

  constructor(parts: RouteEntryParts, actions: RouteEntryActions) {
    this.name = parts.name;
    this.virtualHost = parts.virtualHost;
    this.config = parts.config;
    this.metadata = parts.metadata;
    this.resource = parts.resource;
    this.action = parts.action;
    this.responseStatus = parts.responseStatus;
    this.responseBody = parts.responseBody;
    this.responseContentType = parts.responseContentType;
    this.clusterNotFoundStatus = parts.clusterNotFoundStatus;
    this.priority = parts.priority;
    this.timeout = parts.timeout;
    this.idleTimeout = parts.idleTimeout;
    this.boundsStreams = parts.boundsStreams;
    this.maxStreamDuration = parts.maxStreamDuration;
    this.grpcTimeoutHeaderMax = parts.grpcTimeoutHeaderMax;
    this.grpcTimeoutHeaderOffset = parts.grpcTimeoutHeaderOffset;
    this.maxGrpcTimeout = parts.maxGrpcTimeout;
    this.grpcTimeoutOffset = parts.grpcTimeoutOffset;
    this.retryPolicy = parts.retryPolicy;
    this.perTryTimeout = parts.retryPolicy?.perTryTimeout ?? 0;
    this.perTryIdleTimeout = parts.retryPolicy?.perTryIdleTimeout ?? 0;
    this.hedgeOnPerTryTimeout = parts.hedgeOnPerTryTimeout;
    this.mirrors = parts.mirrors;
    this.hashPolicy = parts.hashPolicy;
    this.autoHostRewrite = parts.autoHostRewrite;
    this.appendForwardedHost = parts.appendForwardedHost;
    this.includeAttemptCount = parts.includeAttemptCount;
    this.includeAttemptCountInResponse = parts.includeAttemptCountInResponse;
    this.includeIsTimeoutRetryHeader = parts.includeIsTimeoutRetryHeader;
    this.requestBufferLimit = parts.requestBufferLimit;
    this.upgrades = parts.upgrades;
    this.internalRedirect = parts.internalRedirect;
    this.metadataMatch = parts.metadataMatch;
    this.cors = parts.cors;
    this.statPrefix = parts.statPrefix;
    this.#choice = { cluster: actions.cluster };
    this.#clusterHeader = actions.clusterHeader;
    this.#weighted = actions.weighted;
    this.#weightedMutations = actions.weightedMutations;
    this.#weightedHost = actions.weightedHost;
    this.#requestMutations = actions.requestMutations;
    this.#responseMutations = actions.responseMutations;
    this.#redirect = actions.redirect;
    this.#pathRewrite = actions.pathRewrite;
    this.#hostLiteral = actions.hostLiteral;
    this.#hostHeader = actions.hostHeader;
    this.#hostPathRegex = actions.hostPathRegex;
  }

  /** This entry, or that of the weighted cluster for this request. The route table has done it for the entries that it returns. */
  resolve(stream: HttpStream, headers: HeaderMap): RouteEntry {
    return this.#weighted === null ? this : this.#weighted.pick(stream, headers);
  }

  /** As `resolve`, telling how the weighted cluster was chosen. */
  explainCluster(stream: HttpStream, headers: HeaderMap, trace: DecisionTrace): RouteEntry {
    if (this.#weighted === null) return this;
    const resources = (this.resource as RouteResource).route?.weightedClusters?.clusters ?? [];
    return this.#weighted.explain(stream, headers, resources, trace);
  }

  /** The entries of the weighted clusters; empty without them. */
  get weightedEntries(): readonly RouteEntry[] {
    return this.#weighted === null ? [] : this.#weighted.clusters.map((cluster) => cluster.entry);
  }

  /** The cluster that stands in the configuration; "" when there is none or a header names it. */
  get clusterName(): string {
    return this.#choice.cluster;
  }

  /** The cluster to send a request to. Its name is "" when the header that has to give it is missing. */
  selectCluster(_stream: HttpStream, headers: HeaderMap): ClusterChoice {
    if (this.#clusterHeader === "") return this.#choice;
    return { cluster: headers.get(this.#clusterHeader) ?? "" };
  }

  /** Action "redirect": where to. */
  location(_stream: HttpStream, headers: HeaderMap): string {
    return this.#redirect === null ? "" : this.#redirect.location(headers);
  }

  /**
   * Changes request headers before they go upstream, in Envoy's order: headers and host of the weighted cluster, headers of route, virtual host and route
   * configuration (or the last three the other way round), then the authority, then the path. `keepOriginal`: put what was replaced into
   * `x-envoy-original-path` and `x-envoy-original-host` (not with the router's `suppress_envoy_headers`).
   */
  finalizeRequest(stream: HttpStream, headers: HeaderMap, keepOriginal: boolean): void {
    if (this.#weightedMutations !== null) this.#weightedMutations.apply(stream, headers);
    if (this.#weightedHost !== "") headers.authority = this.#weightedHost;
    const mutations = this.#requestMutations;
    for (let i = 0; i < mutations.length; i++) mutations[i].apply(stream, headers);
    const host = this.#newHost(headers);
    if (host !== "") updateAuthority(headers, host, this.appendForwardedHost, keepOriginal);
    if (this.#pathRewrite === null || headers.path === "") return;
    const path = this.#pathRewrite.rewrite(headers);
    if (path === undefined) return;
    if (keepOriginal) headers.set("x-envoy-original-path", headers.path);
    headers.path = path;
  }

  #newHost(headers: HeaderMap): string {
    if (this.#hostLiteral !== "") return this.#hostLiteral;
    if (this.#hostHeader !== "") return headers.get(this.#hostHeader) ?? "";
    if (this.#hostPathRegex !== null) return this.#hostPathRegex.replaceAll(headers.path.slice(0, pathEnd(headers.path)));
    return "";
  }

  /** Changes response headers: for responses of an upstream, redirects and direct responses. */
  finalizeResponse(stream: HttpStream, headers: HeaderMap): void {
    const mutations = this.#responseMutations;
    for (let i = 0; i < mutations.length; i++) mutations[i].apply(stream, headers);
  }
}
