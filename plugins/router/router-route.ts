import type { Hash64, ResourcePriority } from "../../core/contract/cluster.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Route } from "../../core/contract/route.ts";
import type { HttpStream } from "../../core/contract/stream.ts";
import type { RetryPolicyView } from "./retry-state.ts";

/** The cluster that a route chose for one request. */
export interface ClusterChoice {
  /** "" when the header that should name it is missing. */
  readonly cluster: string;
}

/** Where copies of a request go. */
export interface MirrorView {
  /** "" not to mirror. */
  cluster(headers: HeaderMap): string;
  /** Whether this request is copied. */
  draw(): boolean;
  /** Of how many requests how many are. */
  share(): { readonly count: number; readonly of: number };
  readonly resource: object;
  readonly appendShadowSuffix: boolean;
  /** Authority of the copy; "" keeps the request's. */
  readonly hostRewrite: string;
}

/** Takes the cookies that hash policies make for clients which have none. */
export interface HashCookies {
  /** @param text the value of a `set-cookie` header. */
  add(text: string): void;
}

/** `hash_policy` of a route. */
export interface HashPolicyView {
  /** null: there is nothing to hash. `cookies` null: none are made. */
  hash(stream: HttpStream, headers: HeaderMap, cookies: HashCookies | null): Hash64 | null;
}

/** What the router needs to know of a route: the compiled form in plugins/routing provides it. Times in ms. */
export interface RouterRoute extends Route {
  readonly action: "route" | "redirect" | "direct_response" | "non_forwarding";
  // action "redirect", "direct_response"
  readonly responseStatus: number;
  location(stream: HttpStream, headers: HeaderMap): string;
  readonly responseBody: string;
  readonly responseContentType: string;
  // action "route"
  selectCluster(stream: HttpStream, headers: HeaderMap): ClusterChoice;
  readonly clusterNotFoundStatus: number;
  readonly priority: ResourcePriority;
  /** 0: none. */
  readonly timeout: number;
  readonly idleTimeout: number | undefined;
  readonly maxStreamDuration: number | undefined;
  /** The route has `max_stream_duration`, whatever is in it: then `timeout` is 0, and `grpc-timeout` bounds the stream. */
  readonly boundsStreams: boolean;
  /** 0: without bound; undefined: `grpc-timeout` does not bound the stream. */
  readonly grpcTimeoutHeaderMax: number | undefined;
  readonly grpcTimeoutHeaderOffset: number;
  /** 0: without bound; undefined: `grpc-timeout` does not count in place of `timeout`. */
  readonly maxGrpcTimeout: number | undefined;
  readonly grpcTimeoutOffset: number;
  readonly retryPolicy: RetryPolicyView | undefined;
  readonly perTryTimeout: number;
  readonly perTryIdleTimeout: number;
  readonly mirrors: readonly MirrorView[];
  readonly hashPolicy: HashPolicyView | null;
  readonly autoHostRewrite: boolean;
  readonly appendForwardedHost: boolean;
  readonly includeAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  readonly requestBufferLimit: number | undefined;
  /** By lower-case protocol; `terminate`: CONNECT ends here. */
  readonly upgrades: ReadonlyMap<string, { readonly enabled: boolean; readonly terminate: boolean }>;
  /** Header changes and rewrites of the request, once, before the first attempt. */
  finalizeRequest(stream: HttpStream, headers: HeaderMap, keepOriginal: boolean): void;
}
