import type { Node } from "../../../../core/resources/schema/index.ts";
import { nodeOf } from "../../../../core/resources/schema/index.ts";
import { parseProtocol, servicePortProtocol, type Protocol } from "../protocol.ts";
import type { Mesh } from "../mesh.ts";
import type { MeshObject, ObjectOf } from "../object.ts";
import type { Memo } from "./memo.ts";

/** A port of a service. */
export interface RegistryPort {
  readonly number: number;
  readonly name: string;
  readonly protocol: Protocol | undefined;
  /** Of the endpoints, where they don't tell. */
  readonly targetPort: number;
}

/** How endpoints are found. `ALIAS`: they are those of `externalName`. */
export type Resolution = "STATIC" | "DNS" | "DNS_ROUND_ROBIN" | "NONE" | "DYNAMIC_DNS" | "ALIAS";

/** A host that traffic can go to: a Kubernetes Service, or one host of a ServiceEntry. */
export interface RegistryService {
  readonly hostname: string;
  readonly namespace: string;
  readonly object: ObjectOf<"Service"> | ObjectOf<"ServiceEntry">;
  readonly ports: readonly RegistryPort[];
  readonly resolution: Resolution;
  readonly externalName: string | undefined;
  /** Namespaces that see it; empty: all. */
  readonly exportTo: readonly string[];
}

/** An endpoint of a service. */
export interface RegistryEndpoint {
  /** IP address, or a name to be looked up. */
  readonly address: string;
  /** The port for a port of the service; undefined: it does not have that one. */
  port(port: RegistryPort): number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly weight: number;
  /** `region/zone/subzone`; "" when it is not told. */
  readonly locality: string;
  /** What tells of it. */
  readonly object: MeshObject;
  readonly node: Node;
}

/** Whether an object of a namespace is for another one, by its `exportTo`. Unset: for all. */
export function isExported(exportTo: readonly string[], from: string, to: string): boolean {
  if (exportTo.length === 0) return true;
  return exportTo.some((name) => name === "*" || name === to || (name === "." && from === to));
}

/** All services of a mesh by host, and their endpoints. */
export class Registry {
  readonly #mesh: Mesh;
  readonly #memo: Memo;
  readonly #clientNamespace: string;
  readonly #byHost = new Map<string, readonly RegistryService[]>();
  readonly #selectable: boolean;

  constructor(mesh: Mesh, memo: Memo, clientNamespace: string) {
    this.#mesh = mesh;
    this.#memo = memo;
    this.#clientNamespace = clientNamespace;
    this.#selectable = mesh.workloadEntries.length > 0 || mesh.pods.length > 0;
  }

  get domain(): string {
    return this.#mesh.domain;
  }

  /**
   * The service that a host means to an object of that namespace: the namespace's own, else a Kubernetes Service, else the oldest
   * ServiceEntry, of those that the proxy may see. Istio: `ServiceForHostname`.
   */
  lookup(hostname: string, namespace?: string): RegistryService | undefined {
    const all = this.#servicesOf(hostname.toLowerCase());
    let first: RegistryService | undefined;
    for (const service of all) {
      if (!isExported(service.exportTo, service.namespace, this.#clientNamespace)) continue;
      if (service.namespace === namespace) return service;
      first ??= service;
    }
    return first;
  }

  #servicesOf(hostname: string): readonly RegistryService[] {
    let found = this.#byHost.get(hostname);
    if (found === undefined) {
      const list: RegistryService[] = [];
      const service = this.#mesh.service(hostname);
      if (service !== undefined)
        list.push(this.#memo.get(`service ${hostname}`, [service], () => kubernetesService(service, hostname)));
      for (const entry of this.#mesh.serviceEntriesOf(hostname)) {
        const key = `service ${hostname} of ${entry.namespace}/${entry.name}`;
        list.push(this.#memo.get(key, [entry], () => entryService(entry, hostname)));
      }
      found = list;
      this.#byHost.set(hostname, found);
    }
    return found;
  }

  /** The endpoints of a service, in the order of its files. */
  endpointsOf(service: RegistryService): readonly RegistryEndpoint[] {
    const { object } = service;
    const key = `endpoints ${service.hostname} of ${object.kind} ${object.namespace}/${object.name}`;
    if (object.kind === "Service") {
      const found = this.#mesh.endpointsOf(object).filter((endpoint) => endpoint.ready);
      // The node stands for all that is written at it, the labels for the pod.
      const inputs = [object, ...found.flatMap((endpoint) => [endpoint.node, endpoint.labels])];
      return this.#memo.get(key, inputs, () =>
        found.map((endpoint): RegistryEndpoint => ({
          address: endpoint.address,
          port: (port) => endpoint.ports[port.name] ?? (Object.keys(endpoint.ports).length === 0 ? port.targetPort : undefined),
          labels: endpoint.labels,
          weight: 1,
          locality: endpoint.zone === undefined ? "" : `/${endpoint.zone}`,
          object: endpoint.object,
          node: endpoint.node,
        })),
      );
    }
    const { endpoints, workloadSelector } = object.spec;
    if (workloadSelector === undefined || !this.#selectable) {
      return this.#memo.get(key, [object], () =>
        endpoints.map((endpoint) => workload(endpoint, object, nodeOf(endpoint) ?? object.node, endpoint.labels)),
      );
    }
    const selected = [...this.#mesh.workloadEntries, ...this.#mesh.pods].filter(
      (one) =>
        one.namespace === object.namespace &&
        hasLabels(one.kind === "Pod" ? one.labels : { ...one.labels, ...one.spec.labels }, workloadSelector.labels),
    );
    return this.#memo.get(key, [object, ...selected], () =>
      selected.flatMap((one) => {
        if (one.kind === "WorkloadEntry") return [workload(one.spec, one, one.node, { ...one.labels, ...one.spec.labels })];
        const address = one.spec.status?.podIP ?? one.spec.status?.podIPs[0]?.ip;
        return address === undefined ? [] : [workload({ address, ports: {} }, one, one.node, one.labels)];
      }),
    );
  }
}

/** Whether labels include those wanted. */
export function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  for (const [name, value] of Object.entries(wanted)) if (labels[name] !== value) return false;
  return true;
}

interface Workload {
  readonly address?: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly weight?: number;
  readonly locality?: string;
}

function workload(from: Workload, object: MeshObject, node: Node, labels: Readonly<Record<string, string>>): RegistryEndpoint {
  return {
    address: from.address ?? "",
    port: (port) => from.ports[port.name] ?? port.targetPort,
    labels,
    weight: from.weight === undefined || from.weight === 0 ? 1 : from.weight,
    locality: from.locality ?? "",
    object,
    node,
  };
}

/** Istio: the annotation of a Service, with commas. */
const EXPORT_TO = "networking.istio.io/exportTo";

function kubernetesService(service: ObjectOf<"Service">, hostname: string): RegistryService {
  const { type, externalName, ports } = service.spec;
  const exportTo = (service.annotations[EXPORT_TO] as string | undefined) ?? "";
  return {
    hostname,
    namespace: service.namespace,
    object: service,
    ports: ports.map((port) => ({
      number: port.port,
      name: port.name ?? "",
      protocol: servicePortProtocol(port),
      targetPort: typeof port.targetPort === "number" ? port.targetPort : port.port,
    })),
    resolution: type === "ExternalName" ? "ALIAS" : "STATIC",
    externalName: type === "ExternalName" ? externalName : undefined,
    exportTo: exportTo
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  };
}

function entryService(entry: ObjectOf<"ServiceEntry">, hostname: string): RegistryService {
  return {
    hostname,
    namespace: entry.namespace,
    object: entry,
    ports: entry.spec.ports.map((port) => ({
      number: port.number,
      name: port.name,
      protocol: port.protocol === undefined ? undefined : parseProtocol(port.protocol),
      targetPort: port.targetPort === undefined || port.targetPort === 0 ? port.number : port.targetPort,
    })),
    resolution: entry.spec.resolution,
    externalName: undefined,
    exportTo: entry.spec.exportTo,
  };
}
