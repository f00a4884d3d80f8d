import type { Infer } from "../schema/index.ts";
import { bool, boolValue, list, message, string } from "../schema/index.ts";

/** Methods of gRPC, by service. */
export const GrpcMethodList = message("envoy.config.core.v3.GrpcMethodList", {
  services: list(
    message("envoy.config.core.v3.GrpcMethodList.Service", {
      /** With its package: "helloworld.Greeter". */
      name: string({ minLength: 1, required: true }),
      methodNames: list(string(), { min: 1 }),
    }),
  ),
});

/** gRPC statistics, `envoy.filters.http.grpc_stats`. */
export const GrpcStats = message(
  "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
  {
    /** Keeps the counts of messages in filter state `envoy.filters.http.grpc_stats`. Default false. */
    emitFilterState: bool({ default: false }),
    /** Methods that are counted apart; others are counted together. */
    individualMethodStatsAllowlist: GrpcMethodList,
    /** Counts each method apart. Default false: all together. */
    statsForAllMethods: boolValue(),
    /** Adds a histogram of the upstream's time. Default false. */
    enableUpstreamStats: bool({ default: false }),
    /** Names of services get underscores for dots, with `stats_for_all_methods`. Default false. */
    replaceDotsInGrpcServiceName: bool({ default: false }),
  },
  { oneofs: [{ name: "per_method_stat_specifier", fields: ["individualMethodStatsAllowlist", "statsForAllMethods"] }] },
);
export type GrpcStats = Infer<typeof GrpcStats>;
