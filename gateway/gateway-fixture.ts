import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { allFilters } from "./filters.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";

const TYPE = "type.googleapis.com/";
const HCM = `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ROUTER = `${TYPE}envoy.extensions.filters.http.router.v3.Router`;

type Json = Record<string, unknown>;

/** A listener of a bootstrap: 200 with `body` for everything, on a port of 127.0.0.1 (0: any). */
export function answering(body: string, port = 0, more: { hcm?: Json; listener?: Json; route?: Json } = {}): Json {
  const route = more.route ?? { direct_response: { status: 200, body: { inline_string: body } } };
  return {
    name: `listener-${port}`,
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [{ filters: [{ name: "hcm", typed_config: manager(route, more.hcm) }] }],
    ...more.listener,
  };
}

/** A `typed_config` of a connection manager with one route. */
export function manager(route: Json, more: Json = {}): Json {
  return {
    "@type": HCM,
    stat_prefix: "in",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, ...route }] }] },
    http_filters: [{ name: "router", typed_config: { "@type": ROUTER } }],
    ...more,
  };
}

/** A bootstrap as text; the admin port is any. */
export function bootstrapText(listeners: readonly Json[], clusters: readonly Json[] = [], more: Json = {}): string {
  const admin = { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } };
  return JSON.stringify({ admin, static_resources: { listeners, clusters }, ...more }, null, 1);
}

/** A STATIC cluster of one port of loopback. */
export function cluster(name: string, port: number, more: Json = {}): Json {
  const endpoint = { address: { socket_address: { address: "127.0.0.1", port_value: port } } };
  return {
    name,
    type: "STATIC",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    ...more,
  };
}

/** A gateway from text, whose log is kept. */
export async function startGateway(
  text: string,
  more: Partial<GatewayOptions> = {},
): Promise<{ gateway: Gateway; log: string[] }> {
  const log: string[] = [];
  const gateway = await Gateway.start({
    file: "test.json",
    text,
    filters: allFilters,
    drainTime: 200,
    writeLog: (line) => void log.push(line),
    ...more,
  });
  return { gateway, log };
}

/** The port of a listener by its place; the admin listener is the last. */
export function portOf(gateway: Gateway, index = 0): number {
  return gateway.server.listeners[index].port;
}

/** The port of the admin listener. */
export function adminOf(gateway: Gateway): number {
  return gateway.server.listeners.find((listener) => listener.built.admin === true)?.port ?? 0;
}

/** Asks a port of loopback on a connection of its own. */
export async function ask(
  port: number,
  path = "/",
  init: RequestInit = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: { connection: "close", ...init.headers },
    redirect: "manual",
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** A server that says which headers reached it. */
export async function startEcho(): Promise<{ port: number; connections: () => number; close: () => Promise<void> }> {
  let connections = 0;
  const server: Server = createServer((request, response) => {
    response.end(JSON.stringify(request.headers));
  });
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
