import { DataSource } from "../base.ts";
import type { Infer } from "../schema/index.ts";
import { message } from "../schema/index.ts";

/** `envoy.filters.network.sni_cluster`: the name asked for by SNI is the cluster of the TCP proxy behind it. */
export const SniCluster = message("envoy.extensions.filters.network.sni_cluster.v3.SniCluster", {});
export type SniCluster = Infer<typeof SniCluster>;

/** `envoy.filters.network.direct_response`: writes this and ends the connection. */
export const NetworkDirectResponse = message("envoy.extensions.filters.network.direct_response.v3.Config", {
  /** Unset: nothing is written. */
  response: DataSource,
});
export type NetworkDirectResponse = Infer<typeof NetworkDirectResponse>;

/** `envoy.filters.network.echo`: what comes goes back. */
export const Echo = message("envoy.extensions.filters.network.echo.v3.Echo", {});
export type Echo = Infer<typeof Echo>;
