import { nodeOf } from "../../../../../core/resources/schema/index.ts";
import type { Destination, HTTPMatchRequest, HTTPRoute } from "../../schema/virtual-service.ts";
import { clusterOf, type ClusterUse } from "../destination.ts";
import { durationText, type Json } from "../json.ts";
import { madeFrom, nodeAt } from "../origin.ts";
import type { Problems } from "../problems.ts";
import { hasLabels, type Registry } from "../registry.ts";
import { gatewayName } from "../resolve-names.ts";
import type { GatewayNode } from "../translation.ts";
import type { ResolvedRule, ResolvedVirtualService } from "../virtual-service.ts";
import { corsConfig, faultConfig, fractionalPercent } from "./filters-per-route.ts";
import { headerFields, headerOperations, joinOperations, type HeaderOperations } from "./header-operations.ts";
import { directResponseAction, redirectAction } from "./local-answers.ts";
import { retryPolicy } from "./retry-policy.ts";
import { isCatchAll, isClaim, routeMatch } from "./route-match.ts";

/** Where routes are for. */
export interface RouteContext {
  readonly node: GatewayNode;
  /** `namespace/name` of the Gateway. */
  readonly gateway: string;
  /** The port that its server names. */
  readonly port: number;
  /** Whether connections come by TLS that ends here. */
  readonly tls: boolean;
  readonly registry: Registry;
  readonly problems: Problems;
}

/** Routes of one VirtualService, and the clusters that they name. */
export interface BuiltRoutes {
  readonly routes: readonly Json[];
  readonly uses: readonly ClusterUse[];
}

/**
 * The routes of a VirtualService at a server, in the order of its rules; each match makes its own. Those behind one that matches
 * everything are left out. Istio: `BuildHTTPRoutesForVirtualService`.
 */
export function buildRoutes(service: ResolvedVirtualService, context: RouteContext): BuiltRoutes {
  return new RouteBuilder(service, context).build();
}

class RouteBuilder {
  readonly #service: ResolvedVirtualService;
  readonly #context: RouteContext;
  readonly #routes: Json[] = [];
  readonly #uses: ClusterUse[] = [];

  constructor(service: ResolvedVirtualService, context: RouteContext) {
    this.#service = service;
    this.#context = context;
  }

  build(): BuiltRoutes {
    for (const rule of this.#service.http) if (this.#rule(rule)) break;
    return { routes: this.#routes, uses: this.#uses };
  }

  /** Whether nothing gets past this rule. */
  #rule(resolved: ResolvedRule): boolean {
    const { match } = resolved.rule;
    const matches = match.length === 0 ? [undefined] : match;
    let reported = false;
    for (const one of matches) {
      if (!this.#isHere(one, resolved.namespace)) continue;
      // What is said of a rule is said once, not for each of its matches.
      const route = this.#route(resolved, one, !reported);
      reported = true;
      if (route === undefined) continue;
      this.#routes.push(route);
      if (isCatchAll(route)) return true;
    }
    return false;
  }

  /** Whether a match is for this gateway, port and proxy. */
  #isHere(match: HTTPMatchRequest | undefined, namespace: string): boolean {
    if (match === undefined) return true;
    const { node, gateway, port } = this.#context;
    if (match.port !== undefined && match.port !== 0 && match.port !== port) return false;
    if (match.gateways.length > 0) return match.gateways.some((name) => gatewayName(name, namespace) === gateway);
    if (!hasLabels(node.labels, match.sourceLabels)) return false;
    return match.sourceNamespace === undefined || match.sourceNamespace === node.namespace;
  }

  #route(resolved: ResolvedRule, match: HTTPMatchRequest | undefined, report: boolean): Json | undefined {
    const { rule, object } = resolved;
    const found = routeMatch(match);
    if (found === undefined) {
      this.#claims(resolved, match);
      return undefined;
    }
    if (report) this.#notDone(resolved);
    if (match?.statPrefix !== undefined) {
      const at = nodeAt(object, match, "statPrefix");
      this.#context.problems.unsupported(at, "statPrefix", "requests are counted by connection manager and cluster");
    }
    const operations = headerOperations(rule.headers);
    const action = this.#action(resolved, operations);
    if (action === undefined) return undefined;
    const filters: Record<string, Json> = {};
    const fault = rule.fault && faultConfig(rule.fault);
    if (fault !== undefined) filters["envoy.filters.http.fault"] = fault;
    if (rule.corsPolicy !== undefined) filters["envoy.filters.http.cors"] = corsConfig(rule.corsPolicy);
    const name = routeName(rule, match);
    const route: Json = {
      ...(name === "" ? {} : { name }),
      match: found,
      ...action,
      metadata: configMetadata("virtual-service", this.#service.object),
      ...(Object.keys(filters).length === 0 ? {} : { typed_per_filter_config: filters }),
    };
    const node = (match && nodeOf(match)) ?? nodeAt(object, rule);
    return madeFrom(route, { object, node, ...(resolved.root === undefined ? {} : { also: [resolved.root] }) });
  }

  /** The action and the changes of headers, which destinations add to. */
  #action(resolved: ResolvedRule, operations: HeaderOperations): Json | undefined {
    const { rule, object } = resolved;
    const { port, tls, problems } = this.#context;
    if (rule.redirect !== undefined) {
      const redirect = redirectAction(rule.redirect, port, tls);
      if (redirect !== undefined) return { redirect, ...headerFields(operations) };
      const at = nodeAt(object, rule.redirect, "redirectCode");
      problems.fail(
        at,
        "invalid_value",
        `found ${rule.redirect.redirectCode}, wanted 301, 302, 303, 307 or 308: the rule does nothing`,
      );
      return undefined;
    }
    if (rule.directResponse !== undefined) {
      return { direct_response: directResponseAction(rule.directResponse), ...headerFields(operations) };
    }
    return this.#forward(resolved, operations);
  }

  #forward(resolved: ResolvedRule, own: HeaderOperations): Json | undefined {
    const { rule, object } = resolved;
    const single = rule.route.length === 1 ? rule.route[0] : undefined;
    const operations = single === undefined ? own : joinOperations(own, headerOperations(single.headers));
    const weighted = rule.route.filter(({ weight }) => weight > 0);
    if (single === undefined && weighted.length === 0) {
      const at = nodeAt(object, rule, "route");
      this.#context.problems.fail(at, "invalid_value", "no destination has a weight: the rule does nothing");
      return undefined;
    }
    const authority = rule.rewrite?.authority ?? (single === undefined ? own.authority : operations.authority);
    const mirrors = this.#mirrors(resolved);
    const retry = retryPolicy(rule.retries);
    const route: Json = {
      ...(single === undefined
        ? { weighted_clusters: { clusters: weighted.map((one) => this.#weighted(resolved, one)) } }
        : { cluster: this.#use(resolved, single.destination) }),
      ...rewriteOf(rule),
      ...(authority === "" ? {} : { host_rewrite_literal: authority }),
      timeout: durationText(rule.timeout ?? 0),
      ...(retry === undefined ? {} : { retry_policy: retry }),
      ...(mirrors.length === 0 ? {} : { request_mirror_policies: mirrors }),
    };
    return { route, ...headerFields(operations) };
  }

  #weighted(resolved: ResolvedRule, destination: HTTPRoute["route"][number]): Json {
    const operations = headerOperations(destination.headers);
    const cluster: Json = {
      name: this.#use(resolved, destination.destination),
      weight: destination.weight,
      ...headerFields(operations),
      ...(operations.authority === "" ? {} : { host_rewrite_literal: operations.authority }),
    };
    return madeFrom(cluster, { object: resolved.object, node: nodeAt(resolved.object, destination) });
  }

  #mirrors(resolved: ResolvedRule): readonly Json[] {
    const { rule } = resolved;
    const policies: Json[] = [];
    const add = (destination: Destination, fraction: Json): void => {
      if (fraction.numerator === 0) return;
      policies.push({
        cluster: this.#use(resolved, destination),
        runtime_fraction: { default_value: fraction },
        disable_shadow_host_suffix_append: true,
      });
    };
    const all: Json = { numerator: 100, denominator: "HUNDRED" };
    if (rule.mirror !== undefined) {
      if (rule.mirrorPercentage !== undefined) add(rule.mirror, fractionalPercent(rule.mirrorPercentage.value));
      else if (rule.mirrorPercent !== undefined) add(rule.mirror, { numerator: rule.mirrorPercent, denominator: "HUNDRED" });
      else add(rule.mirror, all);
    }
    for (const { destination, percentage } of rule.mirrors) {
      add(destination, percentage === undefined ? all : fractionalPercent(percentage.value));
    }
    return policies;
  }

  /** The name of a destination's cluster, which is now in use. */
  #use(resolved: ResolvedRule, destination: Destination): string {
    const { registry, port } = this.#context;
    const { namespace } = this.#service.object;
    const from = { names: resolved.namespace, namespace, object: resolved.object, listenPort: port };
    const use = clusterOf(destination, registry, from);
    if (!this.#uses.some(({ name, node }) => name === use.name && node === use.node)) this.#uses.push(use);
    return use.name;
  }

  #claims({ object }: ResolvedRule, match: HTTPMatchRequest | undefined): void {
    if (match === undefined) return;
    for (const [field, tests] of [["headers", match.headers] as const, ["withoutHeaders", match.withoutHeaders] as const]) {
      for (const name of Object.keys(tests)) {
        if (!isClaim(name)) continue;
        const at = nodeAt(object, match, field, name);
        this.#context.problems.fail(
          at,
          "unsupported_field",
          `"${name}" is not supported: tokens are not looked at, so the match is left out`,
        );
      }
    }
  }

  /** What of a rule is known and not done. */
  #notDone({ rule, object }: ResolvedRule): void {
    const { problems } = this.#context;
    if (rule.retries?.retryRemoteLocalities === true) {
      const at = nodeAt(object, rule.retries, "retryRemoteLocalities");
      problems.unsupported(at, "retryRemoteLocalities", "localities are not told apart");
    }
    if (rule.fault?.delay?.exponentialDelay !== undefined) {
      problems.unsupported(
        nodeAt(object, rule.fault.delay, "exponentialDelay"),
        "exponentialDelay",
        "Istio does not do it either",
      );
    }
    if (rule.fault?.abort?.http2Error !== undefined) {
      problems.unsupported(nodeAt(object, rule.fault.abort, "http2Error"), "http2Error", "Istio does not do it either");
    }
  }
}

/** Istio: the rule's name, and after a dot that of the match. */
function routeName(rule: HTTPRoute, match: HTTPMatchRequest | undefined): string {
  const name = rule.name ?? "";
  return match?.name === undefined ? name : `${name}.${match.name}`;
}

function rewriteOf({ rewrite }: HTTPRoute): Json {
  if (rewrite?.uriRegexRewrite !== undefined) {
    const { match, rewrite: substitution } = rewrite.uriRegexRewrite;
    return { regex_rewrite: { pattern: { regex: match ?? "" }, substitution } };
  }
  return rewrite?.uri === undefined ? {} : { prefix_rewrite: rewrite.uri };
}

/** What a resource was made from, for those who read Envoy's resources. Istio: `BuildConfigInfoMetadata`. */
export function configMetadata(kind: string, object: { readonly name: string; readonly namespace: string }): Json {
  const config = `/apis/networking.istio.io/v1alpha3/namespaces/${object.namespace}/${kind}/${object.name}`;
  return { filter_metadata: { istio: { config } } };
}
