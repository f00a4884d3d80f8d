import type { ListenerFilter, ListenerFilterDefinition } from "../../../core/contract/listener-filter.ts";
import { TlsInspector } from "../../../core/resources/listener-filters/tls-inspector.ts";
import { readClientHello } from "./client-hello.ts";

/** Envoy's `envoy.filters.listener.tls_inspector`: tells TLS from plain TCP, and what the ClientHello asks for. */
export const tlsInspector: ListenerFilterDefinition<TlsInspector, undefined> = {
  kind: "listener_filter",
  id: "envoy.filters.listener.tls_inspector",
  typeUrls: ["envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"],
  status: "stable",
  posture: "untrusted",
  config: TlsInspector,
  create: ({ maxClientHelloSize, closeConnectionOnClientHelloParsingErrors }, { stats }): ListenerFilter => {
    const scope = stats.scope("tls_inspector");
    const found = scope.counter("tls_found");
    const notFound = scope.counter("tls_not_found");
    const tooLarge = scope.counter("client_hello_too_large");
    const sniFound = scope.counter("sni_found");
    const sniNotFound = scope.counter("sni_not_found");
    const alpnFound = scope.counter("alpn_found");
    const alpnNotFound = scope.counter("alpn_not_found");
    const processed = scope.histogram("bytes_processed");
    return {
      maxReadBytes: maxClientHelloSize,
      onData(connection, bytes) {
        const hello = readClientHello(bytes);
        if (hello === "more") {
          if (bytes.length < maxClientHelloSize) return "more";
          tooLarge.value++;
          return "close";
        }
        processed.record(bytes.length);
        if (hello === "other" || hello === "bad") {
          notFound.value++;
          return hello === "bad" && closeConnectionOnClientHelloParsingErrors ? "close" : undefined;
        }
        found.value++;
        connection.transportProtocol = "tls";
        (hello.serverName === "" ? sniNotFound : sniFound).value++;
        connection.serverName = hello.serverName;
        (hello.applicationProtocols.length === 0 ? alpnNotFound : alpnFound).value++;
        connection.applicationProtocols = hello.applicationProtocols;
        return undefined;
      },
    };
  },
};
