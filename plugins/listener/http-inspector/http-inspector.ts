import type { ListenerFilter, ListenerFilterDefinition } from "../../../core/contract/listener-filter.ts";
import { HttpInspector } from "../../../core/resources/listener-filters/http-inspector.ts";
import { readFirstLine } from "./request-line.ts";

/** Bytes of a request line: as many as Envoy looks at. */
const MAX_LINE = 65_536;

/** Envoy's `envoy.filters.listener.http_inspector`: tells plain HTTP from other protocols, by the first line. */
export const httpInspector: ListenerFilterDefinition<HttpInspector, undefined> = {
  kind: "listener_filter",
  id: "envoy.filters.listener.http_inspector",
  typeUrls: ["envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"],
  status: "stable",
  posture: "untrusted",
  config: HttpInspector,
  create: (_, { stats }): ListenerFilter => {
    const scope = stats.scope("http_inspector");
    const counters = {
      "http/1.0": scope.counter("http10_found"),
      "http/1.1": scope.counter("http11_found"),
      h2c: scope.counter("http2_found"),
      other: scope.counter("http_not_found"),
    };
    return {
      maxReadBytes: MAX_LINE,
      onAccept: ({ transportProtocol }) => (transportProtocol === "" || transportProtocol === "raw_buffer" ? "more" : undefined),
      onData(connection, bytes) {
        let line = readFirstLine(bytes);
        if (line === "more") {
          if (bytes.length < MAX_LINE) return "more";
          line = "other";
        }
        counters[line].value++;
        if (line !== "other") connection.applicationProtocols = [line];
        return undefined;
      },
    };
  },
};
