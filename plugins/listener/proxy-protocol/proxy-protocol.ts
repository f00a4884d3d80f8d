import type { ListenerFilter, ListenerFilterDefinition } from "../../../core/contract/listener-filter.ts";
import type { StatsScope } from "../../../core/contract/stats.ts";
import { ProxyProtocol } from "../../../core/resources/listener-filters/proxy-protocol.ts";
import { MAX_PROXY_HEADER, readProxyHeader } from "./proxy-header.ts";

/** Where values go when a rule names no namespace. */
const NAMESPACE = "envoy.filters.listener.proxy_protocol";

/** Envoy's `envoy.filters.listener.proxy_protocol`: the client's addresses, as the proxy in front of this one tells them. */
export const proxyProtocol: ListenerFilterDefinition<ProxyProtocol, undefined> = {
  kind: "listener_filter",
  id: "envoy.filters.listener.proxy_protocol",
  typeUrls: ["envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"],
  status: "stable",
  posture: "untrusted",
  config: ProxyProtocol,
  create: (config, { stats, log }): ListenerFilter => {
    const scope = stats.scope("proxy_proto", config.statPrefix);
    const notFoundAllowed = scope.counter("not_found_allowed");
    const notFoundDisallowed = scope.counter("not_found_disallowed");
    const versions = scope.scope("versions");
    const counters = { 1: versionCounters(versions.scope("v1")), 2: versionCounters(versions.scope("v2")) };
    const disallowed = new Set(config.disallowedVersions.map((version) => (version === "V1" ? 1 : 2)));
    const optional = config.allowRequestsWithoutProxyProtocol;
    return {
      maxReadBytes: MAX_PROXY_HEADER,
      onData(connection, bytes) {
        const header = readProxyHeader(bytes);
        if (header === "more") return "more";
        if (header === "none") {
          (optional ? notFoundAllowed : notFoundDisallowed).value++;
          return optional ? undefined : "close";
        }
        const counter = counters[header.version];
        if (disallowed.has(header.version)) {
          counter.disallowed.value++;
          return "close";
        }
        if ("error" in header) {
          counter.error.value++;
          log.debug(`PROXY protocol version ${header.version} of ${connection.directRemoteAddress}: ${header.error}`);
          return "close";
        }
        counter.found.value++;
        connection.consume(header.length);
        const { addresses } = header;
        if (addresses !== null)
          connection.setAddresses(addresses.remote, addresses.remotePort, addresses.local, addresses.localPort);
        for (const { tlvType, onTlvPresent } of config.rules) {
          if (onTlvPresent === undefined) continue;
          const found = header.values.find(({ type }) => type === tlvType);
          const namespace = onTlvPresent.metadataNamespace === "" ? NAMESPACE : onTlvPresent.metadataNamespace;
          if (found !== undefined) connection.setMetadata(namespace, onTlvPresent.key, found.value.toString());
        }
        return undefined;
      },
    };
  },
};

function versionCounters(scope: StatsScope) {
  return { found: scope.counter("found"), error: scope.counter("error"), disallowed: scope.counter("disallowed") };
}
