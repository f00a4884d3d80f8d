import { fullHostname } from "../hostname.ts";
import type { Node } from "../../../../core/resources/schema/index.ts";
import type { MeshObject } from "../object.ts";
import type { Destination } from "../schema/virtual-service.ts";
import { nodeAt } from "./origin.ts";
import type { Registry, RegistryService } from "./registry.ts";

/** A cluster that something refers to. */
export interface ClusterUse {
  /** `outbound|PORT|SUBSET|HOST`. Istio: `BuildSubsetKey`. */
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly subset: string | undefined;
  /** Undefined: nobody knows the host. */
  readonly service: RegistryService | undefined;
  readonly object: MeshObject;
  /** Where the destination is written. */
  readonly node: Node;
}

/**
 * The cluster of a destination. Without a port it is that of the service, if it has one only, else the port of the listener. Istio:
 * `GetDestinationCluster`.
 */
export function clusterOf(
  destination: Destination,
  registry: Registry,
  from: {
    /** What a short name is of. */
    readonly names: string;
    /** Whose services come first. */
    readonly namespace: string;
    readonly object: MeshObject;
    readonly listenPort: number;
  },
): ClusterUse {
  const host = fullHostname(destination.host, from.names, registry.domain);
  const service = registry.lookup(host, from.namespace);
  let port = from.listenPort;
  if (destination.port !== undefined) port = destination.port.number;
  else if (service?.ports.length === 1) port = service.ports[0].number;
  const hostname = service?.externalName ?? host;
  const { subset } = destination;
  return {
    name: `outbound|${port}|${subset ?? ""}|${hostname}`,
    hostname,
    port,
    subset,
    // An alias of a host that is known is that host; of another one, a name to look up.
    service: service?.externalName === undefined ? service : (registry.lookup(service.externalName, from.namespace) ?? service),
    object: from.object,
    node: nodeAt(from.object, destination),
  };
}
