import type { Node } from "../../../core/resources/schema/index.ts";
import { nodeOf } from "../../../core/resources/schema/index.ts";
import type { ObjectOf } from "./object.ts";
import type { EndpointPort } from "./schema/service.ts";

/** One endpoint of a Service. */
export interface ServiceEndpoint {
  /** IP address, or a DNS name from an EndpointSlice of type FQDN. */
  readonly address: string;
  /** By the names of the Service's ports; "" is the port without a name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly ready: boolean;
  /** Labels of its pod, for subsets. None when the pod is not in the mesh. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of an EndpointSlice. */
  readonly zone: string | undefined;
  /** What tells of it. */
  readonly object: ObjectOf<"EndpointSlice"> | ObjectOf<"Endpoints">;
  /** Where it was read. */
  readonly node: Node;
}

/** What tells an endpoint's pod. */
export interface PodReference {
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});

/** The endpoints that slices or an Endpoints object tell of; the slices alone when there are any, as Istio reads them. */
export function endpointsOf(
  slices: readonly ObjectOf<"EndpointSlice">[],
  endpoints: ObjectOf<"Endpoints"> | undefined,
  podOf: (namespace: string, reference: PodReference | undefined, ip: string) => ObjectOf<"Pod"> | undefined,
): readonly ServiceEndpoint[] {
  const found: ServiceEndpoint[] = [];
  const seen = new Set<string>();
  const add = (endpoint: ServiceEndpoint): void => {
    // While an endpoint moves from slice to slice it may stand in both.
    const key = `${endpoint.address} ${JSON.stringify(endpoint.ports)}`;
    if (seen.has(key)) return;
    seen.add(key);
    found.push(endpoint);
  };
  for (const slice of slices) {
    const ports = portsByName(slice.spec.ports);
    for (const endpoint of slice.spec.endpoints) {
      const address = endpoint.addresses[0];
      add({
        address,
        ports,
        ready: endpoint.conditions?.ready ?? true,
        labels: podOf(slice.namespace, endpoint.targetRef, address)?.labels ?? NO_LABELS,
        zone: endpoint.zone,
        object: slice,
        node: nodeOf(endpoint) ?? slice.node,
      });
    }
  }
  if (slices.length > 0 || endpoints === undefined) return found;
  for (const subset of endpoints.spec.subsets) {
    const ports = portsByName(subset.ports);
    for (const [addresses, ready] of [[subset.addresses, true] as const, [subset.notReadyAddresses, false] as const]) {
      for (const address of addresses) {
        add({
          address: address.ip,
          ports,
          ready,
          labels: podOf(endpoints.namespace, address.targetRef, address.ip)?.labels ?? NO_LABELS,
          zone: undefined,
          object: endpoints,
          node: nodeOf(address) ?? endpoints.node,
        });
      }
    }
  }
  return found;
}

function portsByName(ports: readonly EndpointPort[]): Readonly<Record<string, number>> {
  const byName = Object.create(null) as Record<string, number>;
  for (const { name, port } of ports) if (port !== undefined) byName[name ?? ""] = port;
  return byName;
}
