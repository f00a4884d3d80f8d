import type { HttpConnectionManager } from "../../resources/http-connection-manager.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../http1/types.ts";
import { http2SessionOptions, keepaliveOptions } from "../../cluster/http2-options.ts";
import { addressBytes, type Cidr, cidrContains } from "../filter-chain-match.ts";
import type { HcmOptions } from "../hcm/options.ts";

/** Envoy's defaults, in ms. Source: Envoy, FAQ "How do I configure timeouts?". */
const STREAM_IDLE = 300_000;
const IDLE = 3_600_000;
const DELAYED_CLOSE = 1_000;
const DRAIN = 5_000;

/** What of a listener the options depend on. */
export interface HcmSurroundings {
  /** per_connection_buffer_limit_bytes. */
  readonly bufferLimit: number;
  /** The node's own address. */
  readonly localAddress: string;
  readonly node: { readonly id: string; readonly cluster: string };
}

/** Compiles the message into what the data path reads. */
export function compileHcmOptions(hcm: HttpConnectionManager, around: HcmSurroundings): HcmOptions {
  const common = hcm.commonHttpProtocolOptions;
  const http1 = hcm.httpProtocolOptions;
  const upgrades = new Set<string>();
  for (const upgrade of hcm.upgradeConfigs ?? [])
    if (upgrade.enabled ?? true) upgrades.add((upgrade.upgradeType ?? "").toLowerCase());
  const escaped = hcm.pathWithEscapedSlashesAction ?? "IMPLEMENTATION_SPECIFIC_DEFAULT";
  return {
    statPrefix: hcm.statPrefix,
    serverName: hcm.serverName === undefined || hcm.serverName === "" ? "envoy" : hcm.serverName,
    serverHeaderTransformation: hcm.serverHeaderTransformation ?? "OVERWRITE",
    via: hcm.via ?? "",
    addUserAgent: hcm.addUserAgent ? around.node.cluster : "",
    serviceNode: hcm.addUserAgent ? around.node.id : "",
    clientCert: {
      mode: hcm.forwardClientCertDetails,
      cert: hcm.setCurrentClientCertDetails?.cert ?? false,
      chain: hcm.setCurrentClientCertDetails?.chain ?? false,
      subject: hcm.setCurrentClientCertDetails?.subject ?? false,
      uri: hcm.setCurrentClientCertDetails?.uri ?? false,
      dns: hcm.setCurrentClientCertDetails?.dns ?? false,
    },
    useRemoteAddress: hcm.useRemoteAddress ?? false,
    xffNumTrustedHops: hcm.xffNumTrustedHops ?? 0,
    skipXffAppend: hcm.skipXffAppend ?? false,
    appendXForwardedPort: hcm.appendXForwardedPort ?? false,
    schemeToOverwrite: hcm.schemeHeaderTransformation?.schemeToOverwrite ?? "",
    internalAddress: internalAddresses(hcm),
    generateRequestId: hcm.generateRequestId ?? true,
    preserveExternalRequestId: hcm.preserveExternalRequestId ?? false,
    alwaysSetRequestIdInResponse: hcm.alwaysSetRequestIdInResponse ?? false,
    proxy100Continue: hcm.proxy100Continue ?? false,
    upgrades,
    normalizePath: hcm.normalizePath ?? false,
    mergeSlashes: hcm.mergeSlashes ?? false,
    pathWithEscapedSlashes: escaped === "IMPLEMENTATION_SPECIFIC_DEFAULT" ? "KEEP_UNCHANGED" : escaped,
    stripAnyHostPort: hcm.stripAnyHostPort ?? false,
    stripMatchingHostPort: hcm.stripMatchingHostPort ?? false,
    stripTrailingHostDot: hcm.stripTrailingHostDot ?? false,
    headersWithUnderscores: common?.headersWithUnderscoresAction ?? "ALLOW",
    streamIdleTimeout: hcm.streamIdleTimeout ?? STREAM_IDLE,
    requestTimeout: hcm.requestTimeout ?? 0,
    requestHeadersTimeout: hcm.requestHeadersTimeout ?? 0,
    idleTimeout: common?.idleTimeout ?? IDLE,
    maxConnectionDuration: common?.maxConnectionDuration ?? 0,
    maxStreamDuration: common?.maxStreamDuration ?? 0,
    delayedCloseTimeout: hcm.delayedCloseTimeout ?? DELAYED_CLOSE,
    drainTimeout: hcm.drainTimeout ?? DRAIN,
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? 0,
    trailers: http1?.enableTrailers ?? false,
    allowCustomMethods: http1?.allowCustomMethods ?? false,
    internalOnlyHeaders: hcm.routeConfig?.internalOnlyHeaders ?? [],
    codec: hcm.codecType,
    http2: http2SessionOptions(hcm.http2ProtocolOptions, {
      maxHeaderListSize: (hcm.maxRequestHeadersKb ?? 60) * 1024,
      maxHeaders: common?.maxHeadersCount ?? DEFAULT_HTTP1_LIMITS.maxHeaders,
      bufferLimit: around.bufferLimit,
      streamErrorOnInvalidHttpMessage: hcm.streamErrorOnInvalidHttpMessage ?? false,
    }),
    keepalive: keepaliveOptions(hcm.http2ProtocolOptions),
    limits: {
      ...DEFAULT_HTTP1_LIMITS,
      maxHeadBytes: (hcm.maxRequestHeadersKb ?? 60) * 1024,
      maxHeaders: common?.maxHeadersCount ?? DEFAULT_HTTP1_LIMITS.maxHeaders,
    },
    parser: {
      acceptHttp10: http1?.acceptHttp10 ?? false,
      defaultHostForHttp10: http1?.defaultHostForHttp10 ?? "",
      allowChunkedLength: http1?.allowChunkedLength ?? false,
    },
    bufferLimit: around.bufferLimit,
    localAddress: around.localAddress,
  };
}

/** Which clients count as internal: only those that the configuration names. */
function internalAddresses(hcm: HttpConnectionManager): (ip: string) => boolean {
  const ranges: Cidr[] = [];
  for (const range of hcm.internalAddressConfig?.cidrRanges ?? []) {
    const bytes = addressBytes(range.addressPrefix);
    if (bytes !== undefined) ranges.push({ bytes, length: range.prefixLen ?? 0 });
  }
  if (ranges.length === 0) return () => false;
  return (ip) => {
    const bytes = addressBytes(ip);
    return bytes !== undefined && ranges.some((range) => cidrContains(range, bytes));
  };
}
