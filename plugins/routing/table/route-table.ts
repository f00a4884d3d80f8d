import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { RouteTable } from "../../../core/contract/route.ts";
import type { HttpStream } from "../../../core/contract/stream.ts";
import type { DecisionTrace } from "../../../core/contract/trace.ts";
import { type Problem, toResourceError } from "../../../core/match/problem.ts";
import type { ResourceError } from "../../../core/resources/document/error.ts";
import type { RouteConfiguration, VirtualHost as VirtualHostConfig } from "../../../core/resources/route.ts";
import { finish, NO_PAUSES, type Pace, type Sliced } from "../../../core/contract/sliced.ts";
import { resourceKey } from "../../../core/resources/diff.ts";
import type { BuildContext, PerFilterConfig, RouteTableOptions } from "./build-context.ts";
import type { HostParts } from "./compile-route.ts";
import { compileHeaderMutations } from "./header-mutations.ts";
import { hostEnd, HostIndex } from "./host-index.ts";
import { compileMirrorPolicies } from "./mirror-policy.ts";
import type { RouteEntry } from "./route-entry.ts";
import { pathEnd, withoutPathParameters } from "./route-index.ts";
import type { HostSurroundings } from "./kept-hosts.ts";
import { compileVirtualHost, type VirtualHost } from "./virtual-host.ts";

/** A compiled route configuration. Looking a route up allocates nothing, and costs about the same for one route and for ten thousand. */
export class CompiledRouteTable implements RouteTable {
  readonly name: string;
  readonly resource: RouteConfiguration;
  readonly virtualHosts: readonly VirtualHost[];
  readonly #hosts: HostIndex<VirtualHost>;
  readonly #ignorePort: boolean;
  readonly #ignoreParameters: boolean;
  /** Header to read the host from; "": the authority. */
  readonly #hostHeader: string;

  constructor(config: RouteConfiguration, virtualHosts: readonly VirtualHost[], hosts: HostIndex<VirtualHost>) {
    this.name = config.name;
    this.resource = config;
    this.virtualHosts = virtualHosts;
    this.#hosts = hosts;
    this.#ignorePort = config.ignorePortInHostMatching;
    this.#ignoreParameters = config.ignorePathParametersInPathMatching;
    this.#hostHeader = config.vhostHeader.toLowerCase();
  }

  match(stream: HttpStream, headers: HeaderMap, trace?: DecisionTrace): RouteEntry | undefined {
    const host = this.#findHost(headers);
    let path = headers.path;
    let end = pathEnd(path);
    const query = end === path.length ? -1 : path.indexOf("?", end);
    if (this.#ignoreParameters) {
      path = withoutPathParameters(path, end);
      end = path.length;
    }
    if (trace !== undefined) return this.#explain(host, stream, headers, path, end, query, trace);
    return host === null ? undefined : host.match(stream, headers, path, end, query);
  }

  #findHost(headers: HeaderMap): VirtualHost | null {
    const host = this.#hostHeader === "" ? headers.authority : (headers.get(this.#hostHeader) ?? "");
    return this.#hosts.find(host, this.#ignorePort ? hostEnd(host) : host.length);
  }

  #explain(
    host: VirtualHost | null,
    stream: HttpStream,
    headers: HeaderMap,
    path: string,
    end: number,
    query: number,
    trace: DecisionTrace,
  ): RouteEntry | undefined {
    const name = this.#hostHeader === "" ? headers.authority : (headers.get(this.#hostHeader) ?? "");
    const asked = this.#ignorePort ? name.slice(0, hostEnd(name)) : name;
    if (host === null) {
      const known = this.virtualHosts.flatMap((one) => one.resource.domains);
      const shown = known.slice(0, 8).map((domain) => JSON.stringify(domain));
      if (known.length > shown.length) shown.push(`and ${known.length - shown.length} more`);
      const reason = `no domain is for ${JSON.stringify(asked)}; there ${shown.length === 1 ? "is" : "are"} ${shown.join(", ") || "none at all"}`;
      trace.note({ kind: "virtual host", verdict: "rejected", subject: "none", reason, about: this.resource });
      return undefined;
    }
    // A virtual host that did not change is kept over updates, with the lines it had: those of now are in the configuration of now.
    const current = this.resource.virtualHosts.find((one) => one.name === host.name) ?? host.resource;
    trace.note({
      kind: "virtual host",
      verdict: "chosen",
      subject: host.name,
      reason: domainReason(host.resource.domains, asked),
      about: current,
    });
    return host.explain(stream, headers, path, end, query, trace, current);
  }
}

/** Which of its domains made a virtual host the best match for a host name. */
function domainReason(domains: readonly string[], asked: string): string {
  const folded = asked.toLowerCase();
  let best = "*";
  let rank = 0;
  for (const domain of domains) {
    const text = domain.toLowerCase();
    if (text === folded) return `domain ${JSON.stringify(domain)} is the host itself`;
    const suffix = text.length > 1 && text.startsWith("*") && folded.endsWith(text.slice(1)) && folded.length >= text.length;
    const prefix = text.length > 1 && text.endsWith("*") && folded.startsWith(text.slice(0, -1)) && folded.length >= text.length;
    // Any suffix goes before any prefix, as in the index.
    const own = suffix ? 1_000 + text.length : prefix ? text.length : 0;
    if (own <= rank) continue;
    rank = own;
    best = domain;
  }
  const why = rank === 0 ? "takes every host that no other is for" : "is the longest wildcard that fits";
  return `domain ${JSON.stringify(best)} ${why}: the host is ${JSON.stringify(asked)}`;
}

/** What compiling gives: with errors, no table. */
export interface CompiledRoutes {
  readonly table: CompiledRouteTable | undefined;
  readonly errors: readonly ResourceError[];
}

/** Compiles a route configuration. All mistakes are found at once. */
export function compileRouteTable(config: RouteConfiguration, options: RouteTableOptions): CompiledRoutes {
  return finish(compileRouteTableSliced(config, options, NO_PAUSES));
}

/** As `compileRouteTable`, with pauses between virtual hosts and between routes. */
export function* compileRouteTableSliced(
  config: RouteConfiguration,
  options: RouteTableOptions,
  pace: Pace,
): Sliced<CompiledRoutes> {
  const errors: ResourceError[] = [];
  const seen: Seen = { clusters: new Set(), portable: true };
  const context = makeContext(config, options, (problem) => errors.push(toResourceError(problem)), pace, seen);
  const { report } = context;
  const requestMutations = compileHeaderMutations(
    { add: config.requestHeadersToAdd, remove: config.requestHeadersToRemove },
    config,
    report,
  );
  const responseMutations = compileHeaderMutations(
    { add: config.responseHeadersToAdd, remove: config.responseHeadersToRemove },
    config,
    report,
  );
  const mirrors = compileMirrorPolicies(config.requestMirrorPolicies, options.runtime);
  const hosts = new HostIndex<VirtualHost>();
  const around: HostSurroundings = { runtime: options.runtime, key: surroundingsKey(config, options) };
  const compile = function* (host: VirtualHostConfig): Sliced<VirtualHost> {
    const known = options.kept?.find(host, around, (name) => options.clusterExists?.(name) !== false);
    if (known !== undefined) return known;
    seen.clusters.clear();
    seen.portable = true;
    const before = errors.length;
    const hostMirrors = compileMirrorPolicies(host.requestMirrorPolicies, options.runtime);
    const request = compileHeaderMutations({ add: host.requestHeadersToAdd, remove: host.requestHeadersToRemove }, host, report);
    const response = compileHeaderMutations(
      { add: host.responseHeadersToAdd, remove: host.responseHeadersToRemove },
      host,
      report,
    );
    const parts: HostParts = {
      config: host,
      perFilterConfigs: [config.typedPerFilterConfig, host.typedPerFilterConfig],
      requestMutations: [requestMutations, request],
      responseMutations: [responseMutations, response],
      mirrors: hostMirrors.length > 0 ? hostMirrors : mirrors,
    };
    const compiled = yield* compileVirtualHost(parts, context);
    if (errors.length === before && seen.portable) options.kept?.keep(host, around, { compiled, clusters: [...seen.clusters] });
    return compiled;
  };
  const virtualHosts: VirtualHost[] = [];
  for (const host of config.virtualHosts) {
    const compiled = yield* compile(host);
    virtualHosts.push(compiled);
    if (pace.due()) yield;
    for (const domain of host.domains) {
      if (hosts.add(domain, compiled)) continue;
      const message = `domain ${JSON.stringify(domain)} is there twice in the route configuration; a request can go to one virtual host only`;
      report({
        about: host,
        key: "domains",
        code: "duplicate_domain",
        message,
        found: domain,
        wanted: "domains that no other virtual host has",
      });
    }
  }
  hosts.freeze();
  return { table: errors.length > 0 ? undefined : new CompiledRouteTable(config, virtualHosts, hosts), errors };
}

/** What compiling one virtual host made use of. */
interface Seen {
  readonly clusters: Set<string>;
  /** Whether all of its routes' filter configurations serve in another chain of the same layout. */
  portable: boolean;
}

/** Of what virtual hosts take over from around them, the part that is configuration. */
function surroundingsKey({ virtualHosts: _, ...rest }: RouteConfiguration, options: RouteTableOptions): string {
  const validate = rest.validateClusters ?? options.validateClusters ?? true;
  return options.kept === undefined ? "" : `${resourceKey({ ...rest, name: "" })} ${validate} ${options.layout?.key ?? ""}`;
}

function makeContext(
  config: RouteConfiguration,
  options: RouteTableOptions,
  report: (problem: Problem) => void,
  pace: Pace,
  seen: Seen,
): BuildContext {
  const validate = config.validateClusters ?? options.validateClusters ?? true;
  const byLevels = new Map<string, readonly unknown[]>();
  const ids = new Map<PerFilterConfig, number>();
  return {
    options,
    report,
    pace,
    maxDirectResponseBody: config.maxDirectResponseBodySizeBytes,
    mostSpecificMutationsWin: config.mostSpecificHeaderMutationsWins,
    perRouteConfig(levels) {
      const given = levels.filter((level) => Object.keys(level).length > 0);
      // Most routes of a table share the same levels, often none at all: their configuration is made once.
      const key = given.map((level) => ids.get(level) ?? (ids.set(level, ids.size), ids.size - 1)).join();
      let made = byLevels.get(key);
      if (made === undefined) byLevels.set(key, (made = options.perRouteConfig?.(given) ?? []));
      // Without levels it is the same nothing for all.
      if (given.length > 0 && options.layout?.isPortable(made) !== true) seen.portable = false;
      return made;
    },
    checkCluster(name, about, key) {
      if (!validate || options.clusterExists === undefined) return;
      seen.clusters.add(name);
      if (options.clusterExists(name)) return;
      report({
        about,
        key,
        code: "unknown_cluster",
        message: `there is no cluster ${JSON.stringify(name)}`,
        found: name,
        wanted: "the name of a cluster",
      });
    },
  };
}
