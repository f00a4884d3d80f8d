import type { ResourceError } from "../../../../core/resources/schema/index.ts";
import type { Mesh } from "../mesh.ts";
import { buildCluster, type ClusterParts } from "./cluster/build-cluster.ts";
import { effectivePolicy } from "./cluster/effective-policy.ts";
import type { ClusterUse } from "./destination.ts";
import { DestinationRules } from "./destination-rules.ts";
import { mergeGateways, type GatewayPort, type GatewayServer } from "./gateway-servers.ts";
import type { Json } from "./json.ts";
import { closedChain, httpChain, httpsChain, listener, listenerName, tlsChain } from "./listeners.ts";
import type { Memo } from "./memo.ts";
import { nodeAt, originOf, type Origin } from "./origin.ts";
import { Problems } from "./problems.ts";
import { isExported, Registry, type RegistryPort, type RegistryService } from "./registry.ts";
import { routeConfiguration } from "./route-configuration.ts";
import { buildRoutes, type BuiltRoutes } from "./route/build-routes.ts";
import { SecretStore } from "./secrets.ts";
import { serverTransportSocket } from "./server-tls.ts";
import { tcpProxy, tcpRouteOf, tlsRoutesOf, type TcpRoute, type TcpSettings } from "./tcp-routes.ts";
import type { GatewayNode, Translation } from "./translation.ts";
import { commonHosts, VirtualHosts } from "./virtual-hosts.ts";
import { resolveVirtualService, type ResolvedVirtualService } from "./virtual-service.ts";

type Work = Generator<undefined, void, undefined>;

/** One translation of a mesh for a node. */
export class Translator {
  readonly #node: GatewayNode;
  readonly #nodeKey: string;
  readonly #mesh: Mesh;
  readonly #memo: Memo;
  readonly #problems = new Problems();
  readonly #registry: Registry;
  readonly #rules: DestinationRules;
  readonly #secrets: SecretStore;
  /** VirtualServices by the Gateway that they are bound to. */
  readonly #bound = new Map<string, ResolvedVirtualService[]>();
  readonly #uses = new Map<string, ClusterUse[]>();
  readonly #listeners: Json[] = [];
  readonly #routes = new Map<string, Json>();
  readonly #clusters: Json[] = [];

  constructor(node: GatewayNode, mesh: Mesh, memo: Memo) {
    this.#node = node;
    this.#nodeKey = JSON.stringify(node);
    this.#mesh = mesh;
    this.#memo = memo;
    this.#registry = new Registry(mesh, memo, node.namespace);
    this.#rules = new DestinationRules(mesh, memo, node);
    this.#secrets = new SecretStore(mesh, memo, node.namespace);
  }

  *run(): Work {
    const ports = mergeGateways(this.#mesh, this.#node, this.#problems);
    yield* this.#bind(ports);
    for (const port of ports) yield* this.#port(port);
    for (const name of [...this.#uses.keys()].sort()) {
      this.#cluster(this.#uses.get(name) as ClusterUse[]);
      yield;
    }
  }

  resources(): Pick<Translation, "listeners" | "routes" | "clusters" | "secrets"> {
    return {
      listeners: this.#listeners.sort((a, b) => ((a.name as string) < (b.name as string) ? -1 : 1)),
      routes: [...this.#routes.keys()].sort().map((name) => this.#routes.get(name) as Json),
      clusters: this.#clusters,
      secrets: this.#secrets.resources,
    };
  }

  problems(): readonly ResourceError[] {
    return [...this.#problems.list, ...this.#memo.problems];
  }

  /** Finds the VirtualServices of each Gateway: those for the gateway's namespace first, in each group the oldest first, as Istio does. */
  *#bind(ports: readonly GatewayPort[]): Work {
    const ours = new Set(ports.flatMap(({ servers }) => servers.map(({ name }) => name)));
    const groups: ResolvedVirtualService[][] = [[], [], []];
    for (const object of this.#mesh.virtualServices) {
      const { hosts, exportTo } = object.spec;
      if (hosts.length === 0) continue;
      const service = resolveVirtualService(object, this.#mesh, this.#memo);
      yield;
      if (![...service.gateways].some((name) => ours.has(name))) continue;
      if (!isExported(exportTo, object.namespace, this.#node.namespace)) {
        const message = `it is not exported to the gateway's namespace "${this.#node.namespace}", so it does nothing there`;
        this.#problems.warn(nodeAt(object, object.spec, "exportTo"), "without_effect", message);
        continue;
      }
      groups[exportTo.length === 0 || exportTo.includes("*") ? 2 : exportTo.includes(this.#node.namespace) ? 1 : 0].push(service);
    }
    for (const service of groups.flat()) {
      for (const name of service.gateways) {
        const list = this.#bound.get(name);
        if (list === undefined) this.#bound.set(name, [service]);
        else list.push(service);
      }
    }
  }

  #servicesOf(server: GatewayServer): readonly ResolvedVirtualService[] {
    return this.#bound.get(server.name) ?? [];
  }

  *#port(port: GatewayPort): Work {
    const chains: Json[] = [];
    const name = listenerName(port);
    const [first] = port.servers;
    let inspect = false;
    let serves = true;
    if (first.mode === "http") {
      yield* this.#routeConfiguration(first.routeName, port.servers);
      chains.push(this.#memo.keep(`chain ${name}`, httpChain(port, this.#node)));
    } else if (first.mode === "tcp") {
      const route = tcpRouteOf(first, this.#servicesOf(first));
      if (route === undefined) this.#noRoute(first, "tcp");
      else chains.push(this.#tcpChain(first, route, [], undefined, `chain ${name}`));
    } else {
      const taken = new Map<string, Origin>();
      serves = false;
      for (const server of port.servers) {
        const made = yield* this.#tlsChains(server, port, taken);
        if (made === undefined) chains.push(this.#memo.keep(`closed ${chainKey(port, server)}`, closedChain(server)));
        else for (const chain of made) chains.push(chain);
        serves ||= made !== undefined && made.length > 0;
      }
      inspect = true;
    }
    // Without a chain there is nothing to listen for.
    if (!serves || chains.length === 0) return;
    const made = listener(port, chains, inspect);
    const origin = originOf(made) as Origin;
    const inputs = [this.#nodeKey, inspect, ...chains, origin.node, ...(origin.also ?? []).map(({ node }) => node)];
    this.#listeners.push(this.#memo.get(`listener ${name}`, inputs, () => made));
  }

  /** Undefined: what it needs is not there. */
  *#tlsChains(
    server: GatewayServer,
    port: GatewayPort,
    taken: Map<string, Origin>,
  ): Generator<undefined, readonly Json[] | undefined, undefined> {
    const key = `chain ${chainKey(port, server)}`;
    if (server.mode === "passthrough") {
      const routes = tlsRoutesOf(server, this.#servicesOf(server), taken, this.#problems);
      if (routes.length === 0) this.#noRoute(server, "tls");
      return routes.map((route) =>
        this.#tcpChain(server, route, route.sniHosts, undefined, `${key} ${route.sniHosts.join(" ")}`),
      );
    }
    const socket = serverTransportSocket(server, this.#secrets, this.#problems);
    if (socket === undefined) return undefined;
    if (server.mode === "https") {
      yield* this.#routeConfiguration(server.routeName, [server]);
      return [this.#memo.keep(key, httpsChain(server, port, this.#node, socket))];
    }
    const route = tcpRouteOf(server, this.#servicesOf(server));
    if (route === undefined) {
      this.#noRoute(server, "tcp");
      return [];
    }
    return [this.#tcpChain(server, route, server.sniHosts, socket, key)];
  }

  #noRoute({ gateway, server }: GatewayServer, kind: "tcp" | "tls"): void {
    const message = `no VirtualService has a "${kind}" route for it: the server takes no connections`;
    this.#problems.warn(nodeAt(gateway, server), "without_effect", message);
  }

  #tcpChain(server: GatewayServer, route: TcpRoute, sniHosts: readonly string[], socket: Json | undefined, key: string): Json {
    const { filter, uses } = tcpProxy(route, server, this.#registry, (use) => this.#tcpSettings(use), this.#node.accessLog);
    for (const use of uses) this.#use(use);
    return this.#memo.keep(key, tlsChain(server, sniHosts, [filter], socket, route.origin));
  }

  #tcpSettings({ service, port }: ClusterUse): TcpSettings {
    const rule = service && this.#rules.of(service);
    const tcp = effectivePolicy(rule, undefined, port).connectionPool?.value.tcp;
    return { idleTimeout: tcp?.idleTimeout, maxConnectionDuration: tcp?.maxConnectionDuration };
  }

  /** The routes that servers share, and the clusters that are used by them. */
  *#routeConfiguration(name: string, servers: readonly GatewayServer[]): Work {
    const hosts = new VirtualHosts();
    for (const server of servers) {
      for (const service of this.#servicesOf(server)) {
        if (service.http.length === 0 || commonHosts(server, service).length === 0) continue;
        const built = this.#buildRoutes(server, service);
        yield;
        if (built.routes.length === 0) continue;
        hosts.add(server, service, built);
        for (const use of built.uses) this.#use(use);
      }
      hosts.redirect(server);
    }
    const virtualHosts = yield* hosts.build(name, servers[0], this.#memo);
    yield;
    const made = routeConfiguration(name, servers, virtualHosts, this.#node);
    const origin = originOf(made) as Origin;
    const inputs = [this.#nodeKey, origin.node, ...(origin.also ?? []).map(({ node }) => node), ...virtualHosts];
    this.#routes.set(
      name,
      this.#memo.get(`route configuration ${name}`, inputs, () => made),
    );
  }

  #buildRoutes(server: GatewayServer, service: ResolvedVirtualService): BuiltRoutes {
    const { name: gateway, mode } = server;
    const { namespace, name } = service.object;
    const port = server.server.port.number;
    const tls = mode === "https";
    const registry = this.#registry;
    const inputs: unknown[] = [this.#nodeKey, service];
    for (const host of service.destinations) {
      const found = registry.lookup(host, namespace);
      inputs.push(found);
      if (found?.externalName !== undefined) inputs.push(registry.lookup(found.externalName, namespace));
    }
    return this.#memo.get(`routes ${gateway} ${port} ${mode} ${namespace}/${name}`, inputs, (problems) =>
      buildRoutes(service, { node: this.#node, gateway, port, tls, registry, problems }),
    );
  }

  #use(use: ClusterUse): void {
    const list = this.#uses.get(use.name);
    if (list === undefined) this.#uses.set(use.name, [use]);
    else list.push(use);
  }

  /** Makes a cluster that is in use, or tells all who use it why there is none. */
  #cluster(uses: readonly ClusterUse[]): void {
    const [use] = uses;
    const { service } = use;
    const fail = (message: string): void => {
      for (const { node } of uses) this.#problems.warn(node, "unknown_reference", `${message}: requests get 503`);
    };
    if (service === undefined) {
      fail(`there is no Service or ServiceEntry "${use.hostname}"`);
      return;
    }
    const port = portOf(service, use.port);
    if (port === undefined) {
      fail(`"${use.hostname}" has no port ${use.port}, only ${service.ports.map(({ number }) => number).join(", ") || "none"}`);
      return;
    }
    const rule = this.#rules.of(service);
    if (use.subset !== undefined && rule?.subsets.has(use.subset) !== true) {
      fail(`no DestinationRule has a subset "${use.subset}" of "${use.hostname}"`);
      return;
    }
    const parts: ClusterParts = { use, service, port, endpoints: this.#registry.endpointsOf(service), rule };
    const cluster = this.#buildCluster(parts);
    if (cluster !== undefined) this.#clusters.push(cluster);
  }

  #buildCluster(parts: ClusterParts): Json | undefined {
    const { use, service, port, endpoints, rule } = parts;
    const key = `cluster ${use.name}`;
    if (effectivePolicy(rule, use.subset, port.number).tls?.value.credentialName !== undefined) {
      // Its secrets have to be asked for each time.
      const cluster = buildCluster(parts, this.#node, this.#secrets, this.#problems);
      return cluster && this.#memo.keep(key, cluster);
    }
    return this.#memo.get(key, [this.#nodeKey, service, endpoints, rule, use.port], (problems) =>
      buildCluster(parts, this.#node, this.#secrets, problems),
    );
  }
}

function chainKey(port: GatewayPort, server: GatewayServer): string {
  return `${listenerName(port)} ${server.name} ${server.server.port.name} ${server.sniHosts.join(" ")}`;
}

function portOf(service: RegistryService, number: number): RegistryPort | undefined {
  const found = service.ports.find((port) => port.number === number);
  // A name of another host may be reached at any port.
  if (found !== undefined || service.resolution !== "ALIAS") return found;
  return { number, name: "", protocol: undefined, targetPort: number };
}
