import { toResourceError } from "../../../core/match/problem.ts";
import { NetworkDirectResponse } from "../../../core/resources/network-filters/simple.ts";
import { defineNetworkFilter } from "../../plugin.ts";
import { readDataSource } from "../../routing/table/direct-response.ts";

/** Envoy's `envoy.filters.network.direct_response`: writes its text and ends the connection. */
export const networkDirectResponse = defineNetworkFilter({
  id: "envoy.filters.network.direct_response",
  typeUrls: ["envoy.extensions.filters.network.direct_response.v3.Config"],
  status: "stable",
  posture: "untrusted",
  terminal: true,
  config: NetworkDirectResponse,
  create: ({ response }) => {
    const bytes =
      response === undefined
        ? undefined
        : readDataSource(response, (problem) => {
            throw new Error(toResourceError(problem).message);
          });
    return {
      onConnection(c) {
        if (bytes !== undefined) c.write(bytes);
        return c.close("direct_response");
      },
    };
  },
});
