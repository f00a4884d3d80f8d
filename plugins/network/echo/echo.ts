import { Echo } from "../../../core/resources/network-filters/simple.ts";
import { defineNetworkFilter } from "../../plugin.ts";

/** Envoy's `envoy.filters.network.echo`: what comes goes back. */
export const echo = defineNetworkFilter({
  id: "envoy.filters.network.echo",
  typeUrls: ["envoy.extensions.filters.network.echo.v3.Echo"],
  status: "stable",
  posture: "untrusted",
  terminal: true,
  config: Echo,
  create: () => ({
    onData: (c, chunk, end) => c.write(chunk, end),
  }),
});
