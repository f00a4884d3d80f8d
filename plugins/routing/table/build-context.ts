import type { RuntimeReader } from "../../../core/contract/filter.ts";
import type { Pace } from "../../../core/contract/sliced.ts";
import type { Report } from "../../../core/match/problem.ts";
import type { TypedConfig } from "../../../core/resources/schema/any.ts";
import type { KeptHosts } from "./kept-hosts.ts";

/** `typed_per_filter_config` of one level. */
export type PerFilterConfig = Readonly<Record<string, TypedConfig>>;

/** What compiling a route table needs to know. */
export interface RouteTableOptions {
  readonly runtime: RuntimeReader;
  /**
   * Makes the per-filter configuration of a route (`Route.config`, by slot) from the `typed_per_filter_config` of its levels, least specific first: route configuration,
   * virtual host, route, weighted cluster. Levels without any are left out; a list without levels is asked for once for each table.
   */
  perRouteConfig?(levels: readonly PerFilterConfig[]): readonly unknown[];
  /** When given, clusters that routes name must exist, unless `validate_clusters` is false. */
  clusterExists?(name: string): boolean;
  /** Whether clusters are checked when `validate_clusters` is not set. Default true, as Envoy does for routes of a static listener (not for RDS). */
  readonly validateClusters?: boolean;
  /** Virtual hosts that were compiled before, by what they depend on. Default: each is compiled. */
  readonly kept?: KeptHosts;
  /**
   * What `perRouteConfig` depends on beside its levels: two compilers of the same layout give configurations that serve in each other's place, if
   * `isPortable` says so of them. Default: none is, and only virtual hosts without such configuration are kept.
   */
  readonly layout?: { readonly key: string; isPortable(config: readonly unknown[]): boolean };
}

/** The options, and what is the same for all routes of a table. */
export interface BuildContext {
  readonly options: RouteTableOptions;
  readonly report: Report;
  readonly maxDirectResponseBody: number;
  readonly mostSpecificMutationsWin: boolean;
  perRouteConfig(levels: readonly PerFilterConfig[]): readonly unknown[];
  checkCluster(name: string, about: object, key: string): void;
  /** Takes the time for the next pause. */
  readonly pace: Pace;
}
