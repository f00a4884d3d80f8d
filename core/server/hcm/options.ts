import type { SessionOptions } from "../../http2/session-options.ts";
import type { KeepaliveOptions } from "../../stream/keepalive.ts";
import type { Http1Limits, RequestParserOptions } from "../../http1/types.ts";
import type { ClientCertOptions } from "./client-cert.ts";

/** Options of a connection manager as the data path reads them: compiled from Envoy's HttpConnectionManager, times in milliseconds, 0 = off. */
export interface HcmOptions {
  readonly statPrefix: string;
  readonly serverName: string;
  readonly serverHeaderTransformation: "OVERWRITE" | "APPEND_IF_ABSENT" | "PASS_THROUGH";
  readonly via: string;
  /** The cluster of this proxy, which it tells upstreams (`add_user_agent`); "": it does not. */
  readonly addUserAgent: string;
  /** Its name, told with `addUserAgent`. */
  readonly serviceNode: string;
  readonly clientCert: ClientCertOptions;
  readonly useRemoteAddress: boolean;
  readonly xffNumTrustedHops: number;
  readonly skipXffAppend: boolean;
  readonly appendXForwardedPort: boolean;
  readonly schemeToOverwrite: string;
  readonly internalAddress: (ip: string) => boolean;
  readonly generateRequestId: boolean;
  readonly preserveExternalRequestId: boolean;
  readonly alwaysSetRequestIdInResponse: boolean;
  readonly proxy100Continue: boolean;
  /** Lower-case upgrade types that are allowed where the route says nothing. */
  readonly upgrades: ReadonlySet<string>;
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  readonly pathWithEscapedSlashes: "KEEP_UNCHANGED" | "REJECT_REQUEST" | "UNESCAPE_AND_REDIRECT" | "UNESCAPE_AND_FORWARD";
  readonly stripAnyHostPort: boolean;
  readonly stripMatchingHostPort: boolean;
  readonly stripTrailingHostDot: boolean;
  readonly headersWithUnderscores: "ALLOW" | "REJECT_REQUEST" | "DROP_HEADER";
  readonly streamIdleTimeout: number;
  readonly requestTimeout: number;
  readonly requestHeadersTimeout: number;
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  readonly maxStreamDuration: number;
  readonly delayedCloseTimeout: number;
  readonly drainTimeout: number;
  readonly maxRequestsPerConnection: number;
  /** `enable_trailers`: passed on both ways; otherwise dropped. */
  readonly trailers: boolean;
  readonly allowCustomMethods: boolean;
  /** Headers of the route configuration that only internal clients may send. Lower case. */
  readonly internalOnlyHeaders: readonly string[];
  readonly codec: "AUTO" | "HTTP1" | "HTTP2";
  readonly http2: SessionOptions;
  /** `connection_keepalive`; null: nobody is asked. */
  readonly keepalive: KeepaliveOptions | null;
  readonly limits: Http1Limits;
  readonly parser: RequestParserOptions;
  /** Bytes of a response that may wait for a slow client. */
  readonly bufferLimit: number;
  /** What x-forwarded-for gets for a peer on the loopback: Envoy writes the node's own address. */
  readonly localAddress: string;
}
