import type { HeaderMap } from "../../../core/contract/headers.ts";
import { finish, NO_PAUSES, type Sliced } from "../../../core/contract/sliced.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import type { DecisionTrace } from "../../../core/contract/trace.ts";
import { compileMatcher, type MatchNode } from "../../../core/match/matcher-tree.ts";
import { parseReporting } from "../../../core/match/problem.ts";
import { Route, RouteList, type VirtualHost as VirtualHostConfig } from "../../../core/resources/route.ts";
import type { BuildContext } from "./build-context.ts";
import { compileRoute, type HostParts } from "./compile-route.ts";
import { forwardedScheme } from "./redirect.ts";
import type { RouteCandidate } from "./route-candidate.ts";
import type { RouteEntry } from "./route-entry.ts";
import { buildRouteIndex, type RouteIndex } from "./route-index.ts";
import { tlsRedirectEntry } from "./tls-redirect-entry.ts";

/** A compiled virtual host: its routes, by list or by matcher tree. */
export class VirtualHost {
  readonly name: string;
  readonly resource: VirtualHostConfig;
  readonly #routes: RouteIndex;
  readonly #tree: MatchNode<RouteIndex> | null;
  /** What plain HTTP requests get; null: TLS is not required. */
  readonly #tlsRedirect: RouteEntry | null;
  readonly #externalOnly: boolean;

  constructor(config: VirtualHostConfig, routes: RouteIndex, tree: MatchNode<RouteIndex> | null, tlsRedirect: RouteEntry | null) {
    this.name = config.name;
    this.resource = config;
    this.#routes = routes;
    this.#tree = tree;
    this.#tlsRedirect = tlsRedirect;
    this.#externalOnly = config.requireTls === "EXTERNAL_ONLY";
  }

  /** The route for a request, its weighted cluster chosen, or undefined. */
  match(stream: HttpStream, headers: HeaderMap, path: string, end: number, query: number): RouteEntry | undefined {
    if (this.#tlsRedirect !== null && this.#needsTls(headers)) return this.#tlsRedirect;
    const routes = this.#tree === null ? this.#routes : this.#tree.match(stream, headers);
    const candidate = routes === undefined ? null : routes.find(stream, headers, path, end, query);
    return candidate === null ? undefined : candidate.entry.resolve(stream, headers);
  }

  #needsTls(headers: HeaderMap): boolean {
    if (forwardedScheme(headers) === "https") return false;
    return !this.#externalOnly || headers.get("x-envoy-internal") !== "true";
  }

  /** As `match`, telling how it came about; routes are looked at one by one. `current`: the resource as it stands in the configuration of now. */
  explain(
    stream: HttpStream,
    headers: HeaderMap,
    path: string,
    end: number,
    query: number,
    trace: DecisionTrace,
    current: VirtualHostConfig = this.resource,
  ): RouteEntry | undefined {
    if (this.#tlsRedirect !== null && this.#needsTls(headers)) {
      const { requireTls } = this.resource;
      const reason = `require_tls is ${requireTls} and the request came by ${forwardedScheme(headers)}: it is sent to https`;
      trace.note({ kind: "route", verdict: "chosen", subject: "redirect to https", reason, about: current });
      return this.#tlsRedirect;
    }
    let routes: RouteIndex | undefined = this.#routes;
    if (this.#tree !== null) {
      routes = this.#tree.match(stream, headers);
      const about = current.matcher;
      const reason = this.#tree.describe();
      trace.note(
        routes === undefined
          ? { kind: "route", verdict: "rejected", subject: "matcher", reason: `leads nowhere: ${reason}`, about }
          : { kind: "route", verdict: "applied", subject: "matcher", reason, about },
      );
    }
    for (const candidate of routes?.candidates ?? []) {
      const { entry, order } = candidate;
      const subject = entry.name === "" ? `${order}` : `${order} ${entry.name}`;
      const about = this.#tree === null ? (current.routes[order] ?? entry.resource) : entry.resource;
      if (!candidate.pathMatches(headers, path, end)) {
        trace.note({ kind: "route", verdict: "rejected", subject, reason: `wanted ${candidate.describePath()}`, about });
        continue;
      }
      const miss = candidate.conditions.firstMiss(stream, headers, query) || drawMiss(candidate, subject, about, trace);
      if (miss !== "") {
        trace.note({ kind: "route", verdict: "rejected", subject, reason: miss, about, near: true });
        continue;
      }
      trace.note({ kind: "route", verdict: "chosen", subject, reason: candidate.describePath(), about });
      return entry.explainCluster(stream, headers, trace);
    }
    const reason = `virtual host ${JSON.stringify(this.name)} has none for this request`;
    trace.note({ kind: "route", verdict: "rejected", subject: "none", reason, about: current });
    return undefined;
  }
}

/** Asks whether the request is among the fraction that a route is for; "" when it is, or when there is none. */
function drawMiss(candidate: RouteCandidate, subject: string, about: object, trace: DecisionTrace): string {
  const { fraction } = candidate.conditions;
  if (fraction === null) return "";
  const { count, of } = fraction.share();
  const options = [
    { label: "is for this request", count },
    { label: "is not", count: of - count },
  ];
  const chosen = trace.draw({ kind: "route", subject, about, of, options, source: "stream" });
  return chosen === 0 ? "" : `it is for ${fraction.describe()} requests only`;
}

/** Compiles the routes of a virtual host. Mistakes are reported. */
export function* compileVirtualHost(parts: HostParts, context: BuildContext): Sliced<VirtualHost> {
  const { config } = parts;
  const compileList = (routes: readonly Route[], validate: BuildContext): RouteIndex =>
    finish(
      buildRouteIndex(
        routes.map((route, order) => compileRoute(route, order, parts, validate)).filter((candidate) => candidate !== null),
        NO_PAUSES,
      ),
    );
  const tlsRedirect = config.requireTls === "NONE" ? null : tlsRedirectEntry(parts, context);
  const candidates: RouteCandidate[] = [];
  for (const [order, route] of config.routes.entries()) {
    const candidate = compileRoute(route, order, parts, context);
    if (candidate !== null) candidates.push(candidate);
    if (context.pace.due()) yield;
  }
  const routes = yield* buildRouteIndex(candidates, context.pace);
  if (config.matcher === undefined) return new VirtualHost(config, routes, null, tlsRedirect);
  // As in Envoy, clusters of routes in a matcher tree need not exist.
  const unchecked: BuildContext = { ...context, checkCluster: () => undefined };
  const tree = compileMatcher<RouteIndex>(config.matcher, {
    runtime: context.options.runtime,
    report: context.report,
    compileAction: (action) => {
      if (action.typeUrl === Route.typeName) {
        const route = parseReporting(Route, action, context.report);
        return route === undefined ? null : compileList([route], unchecked);
      }
      if (action.typeUrl === RouteList.typeName) {
        const list = parseReporting(RouteList, action, context.report);
        return list === undefined ? null : compileList(list.routes, unchecked);
      }
      const found = action.typeUrl;
      context.report({
        about: action,
        key: "",
        code: "unknown_type_url",
        message: `${found} is no action of a route matcher`,
        found,
        wanted: `${Route.typeName} or ${RouteList.typeName}`,
      });
      return null;
    },
  });
  return new VirtualHost(config, routes, tree, tlsRedirect);
}
