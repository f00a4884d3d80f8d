import { whereOfNode, type ResourceError } from "../../../core/resources/schema/index.ts";
import { errorAt } from "../../../core/resources/schema/index.ts";
import { endpointsOf, type ServiceEndpoint } from "./endpoints.ts";
import { byAge, type MeshKind, type MeshObject, type ObjectOf } from "./object.ts";

/** Options of a mesh. */
export interface MeshOptions {
  /** Whose DestinationRules and the like are for all namespaces. Istio: `rootNamespace`. Default `istio-system`. */
  readonly rootNamespace?: string;
  /** What the names of Services end with. istiod: `--domain`. Default `cluster.local`. */
  readonly domain?: string;
}

/**
 * All objects, looked up by what refers to them. Immutable; depends on the objects alone. Lists are in Istio's order of what competes
 * (`byAge`): the oldest first.
 */
export interface Mesh {
  readonly rootNamespace: string;
  readonly domain: string;
  /** In the order in which they were given. */
  readonly objects: readonly MeshObject[];
  readonly virtualServices: readonly ObjectOf<"VirtualService">[];
  readonly gateways: readonly ObjectOf<"Gateway">[];
  readonly destinationRules: readonly ObjectOf<"DestinationRule">[];
  readonly serviceEntries: readonly ObjectOf<"ServiceEntry">[];
  readonly workloadEntries: readonly ObjectOf<"WorkloadEntry">[];
  readonly services: readonly ObjectOf<"Service">[];
  readonly endpoints: readonly ObjectOf<"Endpoints">[];
  readonly endpointSlices: readonly ObjectOf<"EndpointSlice">[];
  readonly pods: readonly ObjectOf<"Pod">[];
  readonly secrets: readonly ObjectOf<"Secret">[];
  readonly namespaces: readonly ObjectOf<"Namespace">[];
  /** Objects that stand twice: the first is in the mesh. */
  readonly errors: readonly ResourceError[];
  /** The object of that name. */
  get<K extends MeshKind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined;
  /** The Service by its full name: `reviews.default.svc.cluster.local`. */
  service(hostname: string): ObjectOf<"Service"> | undefined;
  /** ServiceEntries that have this host, literally, the oldest first. */
  serviceEntriesOf(hostname: string): readonly ObjectOf<"ServiceEntry">[];
  /** Endpoints of a Service from its EndpointSlices or, without these, its Endpoints. */
  endpointsOf(service: ObjectOf<"Service">): readonly ServiceEndpoint[];
  /** Labels of a namespace; none when there is no such object. */
  namespaceLabels(name: string): Readonly<Record<string, string>>;
}

/** The full name of a Service. */
export function serviceHostname(
  service: { readonly name: string; readonly namespace: string },
  domain = "cluster.local",
): string {
  return `${service.name}.${service.namespace}.svc.${domain}`;
}

/** Puts objects together. Cheap: indexes, nothing is resolved until asked. */
export function buildMesh(objects: readonly MeshObject[], options: MeshOptions = {}): Mesh {
  return new MeshIndex(objects, options);
}

type Lists = { [K in MeshKind]: ObjectOf<K>[] };

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);
const NONE: readonly never[] = Object.freeze([]);

class MeshIndex implements Mesh {
  readonly rootNamespace: string;
  readonly domain: string;
  readonly objects: readonly MeshObject[];
  readonly errors: readonly ResourceError[];
  readonly #lists: Lists;
  readonly #byName = new Map<string, MeshObject>();
  readonly #services = new Map<string, ObjectOf<"Service">>();
  readonly #entries = new Map<string, ObjectOf<"ServiceEntry">[]>();
  readonly #slices = new Map<string, ObjectOf<"EndpointSlice">[]>();
  readonly #pods = new Map<string, ObjectOf<"Pod">>();

  constructor(objects: readonly MeshObject[], options: MeshOptions) {
    this.rootNamespace = options.rootNamespace ?? "istio-system";
    this.domain = options.domain ?? "cluster.local";
    const lists: Lists = {
      VirtualService: [],
      Gateway: [],
      DestinationRule: [],
      ServiceEntry: [],
      WorkloadEntry: [],
      Service: [],
      Endpoints: [],
      EndpointSlice: [],
      Pod: [],
      Secret: [],
      Namespace: [],
    };
    const kept: MeshObject[] = [];
    const errors: ResourceError[] = [];
    for (const object of objects) {
      const key = keyOf(object.kind, object.namespace, object.name);
      const first = this.#byName.get(key);
      if (first !== undefined) {
        errors.push(standsTwice(object, first));
        continue;
      }
      this.#byName.set(key, object);
      kept.push(object);
      (lists[object.kind] as MeshObject[]).push(object);
    }
    for (const list of Object.values(lists)) list.sort(byAge);
    this.objects = kept;
    this.errors = errors;
    this.#lists = lists;
    for (const service of lists.Service) this.#services.set(serviceHostname(service, this.domain), service);
    for (const entry of lists.ServiceEntry) for (const host of entry.spec.hosts) push(this.#entries, host, entry);
    for (const slice of lists.EndpointSlice) {
      const service = slice.labels["kubernetes.io/service-name"] as string | undefined;
      if (service !== undefined) push(this.#slices, `${slice.namespace}/${service}`, slice);
    }
    for (const pod of lists.Pod) {
      for (const { ip } of pod.spec.status?.podIPs ?? NONE) if (ip !== undefined) this.#pods.set(ip, pod);
      if (pod.spec.status?.podIP !== undefined) this.#pods.set(pod.spec.status.podIP, pod);
    }
  }

  get virtualServices(): readonly ObjectOf<"VirtualService">[] {
    return this.#lists.VirtualService;
  }
  get gateways(): readonly ObjectOf<"Gateway">[] {
    return this.#lists.Gateway;
  }
  get destinationRules(): readonly ObjectOf<"DestinationRule">[] {
    return this.#lists.DestinationRule;
  }
  get serviceEntries(): readonly ObjectOf<"ServiceEntry">[] {
    return this.#lists.ServiceEntry;
  }
  get workloadEntries(): readonly ObjectOf<"WorkloadEntry">[] {
    return this.#lists.WorkloadEntry;
  }
  get services(): readonly ObjectOf<"Service">[] {
    return this.#lists.Service;
  }
  get endpoints(): readonly ObjectOf<"Endpoints">[] {
    return this.#lists.Endpoints;
  }
  get endpointSlices(): readonly ObjectOf<"EndpointSlice">[] {
    return this.#lists.EndpointSlice;
  }
  get pods(): readonly ObjectOf<"Pod">[] {
    return this.#lists.Pod;
  }
  get secrets(): readonly ObjectOf<"Secret">[] {
    return this.#lists.Secret;
  }
  get namespaces(): readonly ObjectOf<"Namespace">[] {
    return this.#lists.Namespace;
  }

  get<K extends MeshKind>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined {
    return this.#byName.get(keyOf(kind, namespace, name)) as ObjectOf<K> | undefined;
  }

  service(hostname: string): ObjectOf<"Service"> | undefined {
    return this.#services.get(hostname);
  }

  serviceEntriesOf(hostname: string): readonly ObjectOf<"ServiceEntry">[] {
    return this.#entries.get(hostname) ?? NONE;
  }

  endpointsOf(service: ObjectOf<"Service">): readonly ServiceEndpoint[] {
    const slices = this.#slices.get(`${service.namespace}/${service.name}`) ?? NONE;
    const endpoints = this.get("Endpoints", service.namespace, service.name);
    return endpointsOf(slices, endpoints, (namespace, reference, ip) => {
      const named = reference?.name === undefined ? undefined : this.get("Pod", reference.namespace ?? namespace, reference.name);
      return named ?? this.#pods.get(ip);
    });
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> {
    return this.get("Namespace", name, name)?.labels ?? NO_LABELS;
  }
}

function keyOf(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function standsTwice(object: MeshObject, first: MeshObject): ResourceError {
  const { file, line } = whereOfNode(first.node);
  const name = object.kind === "Namespace" ? object.name : `${object.namespace}/${object.name}`;
  return errorAt(object.node, "duplicate_name", `${object.kind} "${name}" stands twice, first in ${file}:${line}`, {
    found: `"${name}"`,
  });
}
