import type { BuildContext } from "./build-context.ts";
import type { HostParts } from "./compile-route.ts";
import { TlsRedirect } from "./redirect.ts";
import { RouteEntry } from "./route-entry.ts";

/** The route that `require_tls` gives to plain HTTP requests: a redirect, without header changes, as in Envoy. */
export function tlsRedirectEntry(host: HostParts, context: BuildContext): RouteEntry {
  const redirect = new TlsRedirect();
  return new RouteEntry(
    {
      name: "",
      virtualHost: host.config.name,
      config: context.perRouteConfig(host.perFilterConfigs),
      metadata: undefined,
      resource: host.config,
      action: "redirect",
      responseStatus: redirect.status,
      responseBody: "",
      responseContentType: "",
      clusterNotFoundStatus: 503,
      priority: "DEFAULT",
      timeout: 0,
      idleTimeout: undefined,
      boundsStreams: false,
      maxStreamDuration: undefined,
      grpcTimeoutHeaderMax: undefined,
      grpcTimeoutHeaderOffset: 0,
      maxGrpcTimeout: undefined,
      grpcTimeoutOffset: 0,
      retryPolicy: undefined,
      hedgeOnPerTryTimeout: false,
      mirrors: [],
      hashPolicy: null,
      autoHostRewrite: false,
      appendForwardedHost: false,
      includeAttemptCount: false,
      includeAttemptCountInResponse: false,
      includeIsTimeoutRetryHeader: false,
      requestBufferLimit: undefined,
      upgrades: new Map(),
      internalRedirect: undefined,
      metadataMatch: undefined,
      cors: host.config.cors,
      statPrefix: "",
    },
    {
      cluster: "",
      clusterHeader: "",
      weighted: null,
      weightedMutations: null,
      weightedHost: "",
      requestMutations: [],
      responseMutations: [],
      redirect,
      pathRewrite: null,
      hostLiteral: "",
      hostHeader: "",
      hostPathRegex: null,
    },
  );
}
