import { GrpcStats } from "../../core/resources/filters/grpc-stats.ts";
import { defineFilter } from "../plugin.ts";
import { GrpcStatsFilter } from "./grpc-stats-filter.ts";

/** Envoy's `envoy.filters.http.grpc_stats`: counts gRPC calls by their status, and their messages, for each cluster and as wanted for each method. */
export const grpcStats = defineFilter({
  id: "envoy.filters.http.grpc_stats",
  typeUrls: ["envoy.extensions.filters.http.grpc_stats.v3.FilterConfig"],
  status: "alpha",
  posture: "untrusted",
  config: GrpcStats,
  create: (config, scope) => new GrpcStatsFilter(config, scope),
});
