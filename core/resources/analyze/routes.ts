import type { OnMatch, Matcher } from "../matcher-tree.ts";
import { nearest } from "../schema/names.ts";
import type { DecodeContext } from "../schema/context.ts";
import type { TypedConfig } from "../schema/any.ts";
import { parse } from "../schema/any.ts";
import type { RouteAction } from "../route-action.ts";
import type { Route, RouteConfiguration, VirtualHost } from "../route.ts";
import { Route as RouteSchema, RouteList } from "../route.ts";
import { complain } from "./reporter.ts";

/** What routes may refer to. */
export interface RouteTargets {
  /** Names of clusters. */
  readonly clusters: ReadonlySet<string>;
  /** Names of the filters of the chain, for `typed_per_filter_config`. */
  readonly filters: ReadonlySet<string>;
}

/** Checks a route configuration: domains once, clusters that exist, bodies that are not too long. */
export function checkRoutes(configuration: RouteConfiguration, targets: RouteTargets, context: DecodeContext): void {
  const domains = new Map<string, string>();
  const scope: Scope = { ...targets, context, configuration };
  checkFilterNames(configuration, scope);
  checkMirrors(configuration, scope);
  for (const host of configuration.virtualHosts) {
    checkDomains(host, domains, context);
    checkFilterNames(host, scope);
    checkMirrors(host, scope);
    for (const route of host.routes) checkRoute(route, scope);
    if (host.matcher !== undefined) for (const route of matcherRoutes(host.matcher, context)) checkRoute(route, scope);
  }
}

interface Scope extends RouteTargets {
  readonly context: DecodeContext;
  readonly configuration: RouteConfiguration;
}

function checkDomains(host: VirtualHost, seen: Map<string, string>, context: DecodeContext): void {
  host.domains.forEach((domain, index) => {
    // RFC 9110 section 4.2.3: hosts are compared without case.
    const key = domain.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      const message = `the domain "${domain}" stands twice in these routes, first in virtual host "${other}"`;
      complain(context, host, "domains", { code: "duplicate_domain", message, found: `"${domain}"` }, index);
    } else seen.set(key, host.name);
  });
}

/** All routes that a matcher tree may end in. */
function* matcherRoutes(matcher: Matcher, context: DecodeContext): Generator<Route> {
  const ends: (OnMatch | undefined)[] = [matcher.onNoMatch];
  for (const { onMatch } of matcher.matcherList?.matchers ?? []) ends.push(onMatch);
  const { exactMatchMap, prefixMatchMap } = matcher.matcherTree ?? {};
  for (const maps of [exactMatchMap, prefixMatchMap]) ends.push(...Object.values(maps?.map ?? {}));
  for (const end of ends) {
    if (end?.matcher !== undefined) yield* matcherRoutes(end.matcher, context);
    yield* actionRoutes(end?.action?.typedConfig, context);
  }
}

/** The configuration may be missing when the file was read only in part. */
function* actionRoutes(action: TypedConfig | undefined, context: DecodeContext): Generator<Route> {
  if (action === undefined) return;
  if (action.typeUrl === RouteSchema.typeName) {
    const route = parse(RouteSchema, action, context);
    if (route !== undefined) yield route;
  } else if (action.typeUrl === RouteList.typeName) {
    yield* parse(RouteList, action, context)?.routes ?? [];
  }
}

function checkRoute(route: Route, scope: Scope): void {
  checkFilterNames(route, scope);
  if (route.route !== undefined) checkAction(route.route, scope);
  const body = route.directResponse?.body;
  const length =
    body?.inlineBytes?.length ?? (body?.inlineString === undefined ? 0 : new TextEncoder().encode(body.inlineString).length);
  const limit = scope.configuration.maxDirectResponseBodySizeBytes;
  if (length > limit && body !== undefined) {
    const message = `found a body of ${length} bytes, wanted at most ${limit} (max_direct_response_body_size_bytes)`;
    complain(scope.context, body, body.inlineBytes === undefined ? "inlineString" : "inlineBytes", {
      code: "out_of_range",
      message,
    });
  }
}

function checkAction(action: RouteAction, scope: Scope): void {
  if (action.cluster !== undefined) checkCluster(action, "cluster", action.cluster, scope);
  for (const weighted of action.weightedClusters?.clusters ?? []) {
    checkFilterNames(weighted, scope);
    if (weighted.name !== undefined) checkCluster(weighted, "name", weighted.name, scope);
  }
  checkMirrors(action, scope);
}

function checkMirrors(owner: Pick<RouteAction, "requestMirrorPolicies">, scope: Scope): void {
  for (const mirror of owner.requestMirrorPolicies) {
    if (mirror.cluster !== undefined) checkCluster(mirror, "cluster", mirror.cluster, scope);
  }
}

function checkCluster(object: object, field: string, name: string, scope: Scope): void {
  if (scope.configuration.validateClusters === false || scope.clusters.has(name)) return;
  const near = nearest(name, scope.clusters);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  complain(scope.context, object, field, {
    code: "unknown_cluster",
    message: `found "${name}", wanted the name of a cluster of this file${hint}`,
    found: `"${name}"`,
    wanted: "the name of a cluster of this file",
  });
}

/** A configuration for a filter that the chain does not have does nothing: probably a misspelling. */
function checkFilterNames(owner: Pick<Route, "typedPerFilterConfig">, scope: Scope): void {
  for (const name of Object.keys(owner.typedPerFilterConfig)) {
    if (scope.filters.has(name)) continue;
    const near = nearest(name, scope.filters);
    complain(scope.context, owner.typedPerFilterConfig[name], undefined, {
      code: "unknown_filter",
      message: `no filter of the chain is called "${name}", so this does nothing${near === undefined ? "" : `; did you mean "${near}"?`}`,
      found: `"${name}"`,
      severity: "warning",
    });
  }
}
