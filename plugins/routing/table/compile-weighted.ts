import { toWire } from "../../../core/match/wire-text.ts";
import type { WeightedCluster as WeightedClusterConfig } from "../../../core/resources/route-action.ts";
import type { BuildContext, PerFilterConfig } from "./build-context.ts";
import { compileHeaderMutations } from "./header-mutations.ts";
import { lbMetadata } from "./lb-metadata.ts";
import { RouteEntry, type RouteEntryActions, type RouteEntryParts } from "./route-entry.ts";
import { type WeightedCluster, WeightedClusters } from "./weighted-clusters.ts";

/** Compiles `weighted_clusters`: an entry for each cluster, made of the route's parts. Mistakes are reported. */
export function compileWeightedClusters(
  config: WeightedClusterConfig,
  parts: RouteEntryParts,
  actions: RouteEntryActions,
  levels: readonly PerFilterConfig[],
  context: BuildContext,
): WeightedClusters {
  const { report } = context;
  const prefix = config.runtimeKeyPrefix;
  const clusters = config.clusters.map((cluster): WeightedCluster => {
    const name = cluster.name ?? "";
    if (name !== "") context.checkCluster(name, cluster, "name");
    const request = compileHeaderMutations(
      { add: cluster.requestHeadersToAdd, remove: cluster.requestHeadersToRemove },
      cluster,
      report,
    );
    const response = compileHeaderMutations(
      { add: cluster.responseHeadersToAdd, remove: cluster.responseHeadersToRemove },
      cluster,
      report,
    );
    const own = lbMetadata(cluster.metadataMatch);
    const hasConfig = Object.keys(cluster.typedPerFilterConfig).length > 0;
    const entry = new RouteEntry(
      {
        ...parts,
        config: hasConfig ? context.perRouteConfig([...levels, cluster.typedPerFilterConfig]) : parts.config,
        metadataMatch: own === undefined ? parts.metadataMatch : { ...parts.metadataMatch, ...own },
      },
      {
        ...actions,
        cluster: name,
        clusterHeader: cluster.clusterHeader ?? "",
        weightedMutations: request,
        weightedHost: toWire(cluster.hostRewriteLiteral ?? ""),
        responseMutations: response === null ? actions.responseMutations : [response, ...actions.responseMutations],
      },
    );
    return { weight: cluster.weight, runtimeKey: prefix === "" ? "" : `${prefix}.${name}`, entry };
  });
  const hash = config.useHashPolicy === true ? parts.hashPolicy : null;
  return new WeightedClusters(clusters, config.headerName ?? "", hash, context.options.runtime);
}
