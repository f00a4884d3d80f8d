import { hostWithin } from "../hostname.ts";
import type { Json } from "./json.ts";
import { hostsFor, originOfServer, withoutNamespace, type GatewayServer } from "./gateway-servers.ts";
import { same, type Memo } from "./memo.ts";
import { madeFrom, nodeAt, type Origin } from "./origin.ts";
import type { BuiltRoutes } from "./route/build-routes.ts";
import { isCatchAll } from "./route/route-match.ts";
import type { ResolvedVirtualService } from "./virtual-service.ts";

/** A host of a route configuration while it is put together. */
interface HostDraft {
  readonly host: string;
  /** The port that is in its name. */
  readonly port: number;
  requireTls: boolean;
  readonly routes: (readonly Json[])[];
  readonly origins: Origin[];
}

/** Puts the routes of VirtualServices into virtual hosts, for all servers that share a route configuration. */
export class VirtualHosts {
  readonly #hosts = new Map<string, HostDraft>();

  /** Adds a VirtualService's routes for the hosts that it and the server have in common. Oldest first. */
  add(server: GatewayServer, service: ResolvedVirtualService, routes: BuiltRoutes): void {
    const redirect = isRedirect(server);
    for (const host of commonHosts(server, service)) {
      const draft = this.#draft(host, server);
      if (redirect) draft.requireTls = true;
      if (isThere(draft, service, routes)) continue;
      draft.routes.push(routes.routes);
      draft.origins.push({ object: service.object, node: nodeAt(service.object, service.object.spec, "hosts") });
    }
  }

  /** After its VirtualServices: the hosts of a server that sends everything to https, also those without any. */
  redirect(server: GatewayServer): void {
    if (!isRedirect(server)) return;
    for (const host of server.hosts) {
      const draft = this.#draft(withoutNamespace(host), server);
      draft.requireTls = true;
      if (draft.origins.length === 0) draft.origins.push(originOfServer(server));
    }
  }

  #draft(host: string, server: GatewayServer): HostDraft {
    let draft = this.#hosts.get(host);
    if (draft === undefined) {
      draft = { host, port: server.server.port.number, requireTls: false, routes: [], origins: [] };
      this.#hosts.set(host, draft);
    }
    return draft;
  }

  /** The virtual hosts by name. Hosts with the very same routes share one. Istio: `collapseDuplicateRoutes`. */
  *build(routeName: string, first: GatewayServer, memo: Memo): Generator<undefined, readonly Json[], undefined> {
    const groups: { readonly draft: HostDraft; readonly domains: string[] }[] = [];
    const byRoutes = new Map<readonly Json[] | undefined, (typeof groups)[number][]>();
    const drafts = [...this.#hosts.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
    for (const [i, draft] of drafts.entries()) {
      if (i % 64 === 63) yield;
      const alike = byRoutes.get(draft.routes[0]);
      const group = alike?.find((one) => one.draft.requireTls === draft.requireTls && same(one.draft.routes, draft.routes));
      if (group !== undefined) {
        group.domains.push(draft.host);
        continue;
      }
      const own = { draft, domains: [draft.host] };
      groups.push(own);
      if (alike === undefined) byRoutes.set(draft.routes[0], [own]);
      else alike.push(own);
    }
    if (groups.length === 0) return [memo.get(`blackhole ${routeName}`, [first.server], () => blackhole(first))];
    const made: Json[] = [];
    for (const [i, { draft, domains }] of groups.entries()) {
      if (i % 64 === 63) yield;
      const inputs = [draft.port, draft.requireTls, domains.join(" "), ...draft.origins.map(({ node }) => node), ...draft.routes];
      made.push(memo.get(`virtual host ${draft.host} of ${routeName}`, inputs, () => virtualHost(draft, domains)));
    }
    return made;
  }
}

/** Whether the same VirtualService came by another of its Gateways with the same routes. */
function isThere({ origins, routes }: HostDraft, { object }: ResolvedVirtualService, built: BuiltRoutes): boolean {
  return origins.some((one, i) => {
    if (one.object !== object) return false;
    return routes[i] === built.routes || JSON.stringify(routes[i]) === JSON.stringify(built.routes);
  });
}

function isRedirect({ server, mode }: GatewayServer): boolean {
  return mode === "http" && server.tls?.httpsRedirect === true;
}

/** What both name: the narrower of each two that overlap. Istio: `Names.Intersection`. */
export function commonHosts(server: GatewayServer, service: ResolvedVirtualService): readonly string[] {
  const common = new Set<string>();
  for (const ours of hostsFor(server, service.object.namespace)) {
    for (const theirs of service.hosts) {
      if (hostWithin(ours, theirs)) common.add(ours);
      else if (hostWithin(theirs, ours)) common.add(theirs);
    }
  }
  return [...common];
}

function virtualHost(draft: HostDraft, domains: readonly string[]): Json {
  const [origin, ...also] = draft.origins;
  const host: Json = {
    name: nameAt(draft.host, draft.port),
    domains,
    routes: draft.routes.length === 1 ? draft.routes[0] : catchAllsLast(draft.routes.flat()),
    ...(draft.requireTls ? { require_tls: "ALL" } : {}),
    include_request_attempt_count: true,
  };
  return madeFrom(host, also.length === 0 ? origin : { ...origin, also });
}

/** Of several VirtualServices' routes, those that match everything come last. Istio: `SortVHostRoutes`. */
function catchAllsLast(routes: readonly Json[]): readonly Json[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter((route) => isCatchAll(route))];
}

/** Answers 404 to everything: no VirtualService is for these hosts. */
function blackhole(server: GatewayServer): Json {
  const host: Json = { name: nameAt("blackhole", server.server.port.number), domains: ["*"], routes: [] };
  return madeFrom(host, originOfServer(server));
}

function nameAt(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
