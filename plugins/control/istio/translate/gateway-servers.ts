import type { Mesh } from "../mesh.ts";
import type { ObjectOf } from "../object.ts";
import { isHttp, parseProtocol, type Protocol } from "../protocol.ts";
import type { GatewaySpec } from "../schema/gateway.ts";
import { nodeAt, whereOfOrigin, type Origin } from "./origin.ts";
import type { Problems } from "./problems.ts";
import { hasLabels } from "./registry.ts";
import type { GatewayNode } from "./translation.ts";

type Server = GatewaySpec["servers"][number];

/** A server of a Gateway that is for this node. */
export interface GatewayServer {
  readonly gateway: ObjectOf<"Gateway">;
  /** `namespace/name` of the Gateway. */
  readonly name: string;
  readonly server: Server;
  /** `host`, or `namespace/host` for VirtualServices of that namespace only; in lower case. */
  readonly hosts: readonly string[];
  /** The hosts alone, each once, sorted. */
  readonly sniHosts: readonly string[];
  readonly protocol: Protocol | undefined;
  /** What is done with connections. */
  readonly mode: "http" | "https" | "tcp" | "tls" | "passthrough";
  /** Name of its RouteConfiguration; "" for those without HTTP. */
  readonly routeName: string;
}

/** What listens at an address: servers of one or several Gateways. */
export interface GatewayPort {
  readonly address: string;
  readonly port: number;
  readonly servers: GatewayServer[];
}

/** Gateways for this node, merged: the oldest first, and what does not go with an older one left out. Istio: `mergeGateways`. */
export function mergeGateways(mesh: Mesh, node: GatewayNode, problems: Problems): readonly GatewayPort[] {
  const merger = new Merger(node, problems);
  for (const gateway of mesh.gateways) {
    if (!hasLabels(node.labels, gateway.spec.selector)) continue;
    for (const server of gateway.spec.servers) merger.add(gateway, server);
  }
  return merger.ports();
}

class Merger {
  readonly #node: GatewayNode;
  readonly #problems: Problems;
  readonly #ports = new Map<string, GatewayPort>();
  /** SNI names in use, by address and port. */
  readonly #names = new Map<string, GatewayServer>();
  readonly #routes = new Map<string, GatewayServer>();

  constructor(node: GatewayNode, problems: Problems) {
    this.#node = node;
    this.#problems = problems;
  }

  ports(): readonly GatewayPort[] {
    return [...this.#ports.values()].sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1));
  }

  add(gateway: ObjectOf<"Gateway">, server: Server): void {
    const found = this.#read(gateway, server);
    if (found === undefined) return;
    const address = server.bind ?? this.#node.address ?? "0.0.0.0";
    const port = this.#node.ports?.[server.port.number] ?? server.port.number;
    const key = `${address}_${port}`;
    const there = this.#ports.get(key);
    if (there !== undefined && !this.#goesWith(found, there)) return;
    if (found.mode !== "http" && found.mode !== "tcp") {
      for (const name of found.sniHosts) {
        const owner = this.#names.get(`${key} ${name}`);
        if (owner === undefined) continue;
        this.#conflict(found, `${placeOf(owner)} has the host "${name}" on port ${port} already`);
        return;
      }
      for (const name of found.sniHosts) this.#names.set(`${key} ${name}`, found);
    }
    if (found.mode === "https") {
      const owner = this.#routes.get(found.routeName);
      if (owner !== undefined) {
        this.#conflict(found, `${placeOf(owner)} has the port name "${server.port.name}" already`);
        return;
      }
      this.#routes.set(found.routeName, found);
    }
    if (there === undefined) this.#ports.set(key, { address, port, servers: [found] });
    else there.servers.push(found);
  }

  /** Whether a server can share a listener: plain HTTP with plain HTTP, TLS with TLS, nothing with plain TCP. */
  #goesWith(found: GatewayServer, there: GatewayPort): boolean {
    const [first] = there.servers;
    if (found.mode === "http" ? first.mode === "http" : found.mode !== "tcp" && first.mode !== "http" && first.mode !== "tcp")
      return true;
    const what = `port ${there.port} is ${nameOf(first)} for ${placeOf(first)}`;
    this.#conflict(found, `${what}, which is older: ${nameOf(found)} can't share it`);
    return false;
  }

  #read(gateway: ObjectOf<"Gateway">, server: Server): GatewayServer | undefined {
    const protocol = parseProtocol(server.port.protocol);
    const fail = (message: string, ...path: string[]): undefined => {
      this.#problems.fail(nodeAt(gateway, server, ...path), "unsupported_value", `${message}: the server is left out`);
    };
    if (server.bind?.includes("/") === true) return fail(`"${server.bind}" is not supported, wanted an IP address`, "bind");
    if (server.defaultEndpoint !== undefined) {
      this.#problems.unsupported(nodeAt(gateway, server, "defaultEndpoint"), "defaultEndpoint", "Istio does not do it either");
    }
    const tlsMode = server.tls?.mode;
    if (!isHttp(protocol) && (tlsMode === "AUTO_PASSTHROUGH" || tlsMode === "ISTIO_MUTUAL")) {
      return fail(`${tlsMode} is not supported: there are no workload certificates`, "tls", "mode");
    }
    if ((protocol === "HTTPS" || protocol === "TLS") && server.tls === undefined) {
      return fail(`"tls" is required with ${protocol}`);
    }
    const mode = modeOf(protocol, server);
    if (protocol === "GRPC-WEB") {
      this.#problems.warn(
        nodeAt(gateway, server, "port", "protocol"),
        "unsupported_value",
        "GRPC-WEB is taken as HTTP: requests are not turned into gRPC",
      );
    }
    const hosts = hostsOf(gateway, server);
    return {
      gateway,
      name: `${gateway.namespace}/${gateway.name}`,
      server,
      hosts,
      sniHosts: [...new Set(hosts.map((host) => withoutNamespace(host)))].sort(),
      protocol,
      mode,
      routeName: this.#routeName(gateway, server, mode),
    };
  }

  #routeName(gateway: ObjectOf<"Gateway">, server: Server, mode: GatewayServer["mode"]): string {
    const bind = server.bind === undefined ? "" : `.${server.bind}`;
    const { number, name } = server.port;
    if (mode === "http") return `http.${this.#node.ports?.[number] ?? number}${bind}`;
    return mode === "https" ? `https.${number}.${name}.${gateway.name}.${gateway.namespace}${bind}` : "";
  }

  #conflict({ gateway, server }: GatewayServer, message: string): void {
    this.#problems.warn(nodeAt(gateway, server), "conflict", `${message}: the server is left out`);
  }
}

function modeOf(protocol: Protocol | undefined, server: Server): GatewayServer["mode"] {
  if (isHttp(protocol)) return "http";
  if (server.tls === undefined) return "tcp";
  if (server.tls.mode === "PASSTHROUGH") return "passthrough";
  return protocol === "HTTPS" ? "https" : "tls";
}

/** `./host` is for the Gateway's namespace, a star before the slash for all. */
function hostsOf(gateway: ObjectOf<"Gateway">, server: Server): readonly string[] {
  return server.hosts.map((written) => {
    const host = written.toLowerCase();
    if (host.startsWith("./")) return `${gateway.namespace}${host.slice(1)}`;
    return host.startsWith("*/") ? host.slice(2) : host;
  });
}

/** A host without the namespace before it. */
export function withoutNamespace(host: string): string {
  return host.slice(host.indexOf("/") + 1);
}

/** The hosts of a server that VirtualServices of a namespace may have. */
export function hostsFor(server: GatewayServer, namespace: string): readonly string[] {
  return server.hosts
    .filter((host) => !host.includes("/") || host.slice(0, host.indexOf("/")) === namespace)
    .map((host) => withoutNamespace(host));
}

/** The place of a server in its Gateway. */
export function originOfServer({ gateway, server }: GatewayServer): Origin {
  return { object: gateway, node: nodeAt(gateway, server) };
}

function nameOf(server: GatewayServer): string {
  return server.server.port.protocol;
}

function placeOf(server: GatewayServer): string {
  const { file, line } = whereOfOrigin(originOfServer(server));
  return `Gateway ${server.name} (${file}:${line})`;
}
