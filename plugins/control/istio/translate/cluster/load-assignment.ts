import { isIP } from "../../../../../core/resources/ip.ts";
import { compact, type Json } from "../json.ts";
import { madeFrom } from "../origin.ts";
import type { Problems } from "../problems.ts";
import type { RegistryEndpoint, RegistryPort } from "../registry.ts";

/** The endpoints of a cluster, those of a locality together. `names`: whether they may be names to look up. */
export function loadAssignment(
  clusterName: string,
  port: RegistryPort,
  endpoints: readonly RegistryEndpoint[],
  names: boolean,
  problems: Problems,
): Json {
  const localities = new Map<string, Json[]>();
  for (const endpoint of endpoints) {
    const { address } = endpoint;
    const number = endpoint.port(port);
    if (number === undefined) continue;
    if (address.startsWith("unix:")) {
      problems.warn(endpoint.node, "unsupported_value", `"${address}" is not supported: upstreams are reached by TCP`);
      continue;
    }
    if (address === "" || (!names && isIP(address) === 0)) {
      problems.warn(endpoint.node, "invalid_value", `found "${address}", wanted an IP address: the endpoint is left out`);
      continue;
    }
    const made: Json = {
      endpoint: { address: { socket_address: { address, port_value: number } } },
      ...(endpoint.weight === 1 ? {} : { load_balancing_weight: endpoint.weight }),
    };
    madeFrom(made, { object: endpoint.object, node: endpoint.node, labels: endpoint.labels });
    const there = localities.get(endpoint.locality);
    if (there === undefined) localities.set(endpoint.locality, [made]);
    else there.push(made);
  }
  const groups = [...localities.keys()].sort().map((locality): Json => {
    const parts = localityOf(locality);
    return { ...(parts === undefined ? {} : { locality: parts }), lb_endpoints: localities.get(locality) };
  });
  return { cluster_name: clusterName, endpoints: groups };
}

/** `region/zone/subzone`. */
function localityOf(text: string): Json | undefined {
  if (text === "") return undefined;
  const [region, zone, subZone] = text.split("/");
  return compact({
    region: region === "" ? undefined : region,
    zone: zone === "" ? undefined : zone,
    sub_zone: subZone === "" ? undefined : subZone,
  });
}
