import { SniCluster } from "../../../core/resources/network-filters/simple.ts";
import { defineNetworkFilter } from "../../plugin.ts";
import { CLUSTER_STATE } from "../tcp-proxy/tcp-proxy-connection.ts";

/** Envoy's `envoy.filters.network.sni_cluster`: the TCP proxy behind it takes the name asked for by SNI for its cluster. */
export const sniCluster = defineNetworkFilter({
  id: "envoy.filters.network.sni_cluster",
  typeUrls: ["envoy.extensions.filters.network.sni_cluster.v3.SniCluster"],
  status: "stable",
  posture: "untrusted",
  config: SniCluster,
  create: () => ({
    onConnection(c) {
      if (c.requestedServerName !== "") c.setFilterState(CLUSTER_STATE, c.requestedServerName);
    },
  }),
});
