import { message } from "../schema/index.ts";

/** gRPC-Web, `envoy.filters.http.grpc_web`; it has nothing to set. */
export const GrpcWeb = message("envoy.extensions.filters.http.grpc_web.v3.GrpcWeb", {});
