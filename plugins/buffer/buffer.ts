import { Buffer as BufferConfig, BufferPerRoute } from "../../core/resources/filters/buffer.ts";
import { defineFilter } from "../plugin.ts";
import { bufferBound, BufferFilter, DISABLED } from "./buffer-filter.ts";

/**
 * Envoy's `envoy.filters.http.buffer`: holds a request until it is whole, so that a slow client keeps no upstream busy, and answers 413 to
 * what is larger than `max_request_bytes`. A request whose length was not known gets a content-length.
 */
export const buffer = defineFilter({
  id: "envoy.filters.http.buffer",
  typeUrls: ["envoy.extensions.filters.http.buffer.v3.Buffer"],
  routeTypeUrls: ["envoy.extensions.filters.http.buffer.v3.BufferPerRoute"],
  status: "stable",
  posture: "untrusted",
  config: BufferConfig,
  routeConfig: BufferPerRoute,
  buffer: (config) => ({ request: config.maxRequestBytes }),
  createRouteConfig: (config) => (config.buffer === undefined ? DISABLED : bufferBound(config.buffer.maxRequestBytes)),
  create: (config, scope) => new BufferFilter(config.maxRequestBytes, scope),
});
