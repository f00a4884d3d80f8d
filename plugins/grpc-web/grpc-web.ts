import { GrpcWeb } from "../../core/resources/filters/grpc-web.ts";
import { defineFilter } from "../plugin.ts";
import { GrpcWebFilter } from "./grpc-web-filter.ts";

/**
 * Envoy's `envoy.filters.http.grpc_web`: lets browsers call gRPC services, in bytes or text. Behind the CORS filter where pages of other origins call.
 */
export const grpcWeb = defineFilter({
  id: "envoy.filters.http.grpc_web",
  typeUrls: ["envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"],
  status: "alpha",
  posture: "untrusted",
  // Of answers that are not gRPC: their text becomes the message.
  buffer: { response: 1024 * 1024 },
  config: GrpcWeb,
  create: (_config, scope) => new GrpcWebFilter(scope),
});
