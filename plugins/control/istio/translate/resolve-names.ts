import { nodeOf } from "../../../../core/resources/schema/index.ts";
import { remember } from "../../../../core/resources/schema/context.ts";
import { fullHostname } from "../hostname.ts";
import type { Destination, HTTPMatchRequest, HTTPRoute, HTTPRouteDestination } from "../schema/virtual-service.ts";

/** The gateway that a name in a VirtualService means, as `namespace/name`; `mesh` stays. Istio: `resolveGatewayName`. */
export function gatewayName(name: string, namespace: string): string {
  if (name === "mesh") return name;
  const slash = name.indexOf("/");
  if (slash >= 0) return name.slice(0, slash) === "." ? `${namespace}/${name.slice(slash + 1)}` : name;
  const dot = name.indexOf(".");
  // The old form: `gateway.namespace`.
  return dot < 0 ? `${namespace}/${name}` : `${name.slice(dot + 1)}/${name.slice(0, dot)}`;
}

/** Copies keep their place in the file. */
export function copyOf<T extends object>(original: T, changes: Partial<T>): T {
  const copy = { ...original, ...changes };
  const node = nodeOf(original);
  if (node !== undefined) remember(copy, node);
  return copy;
}

/** Spells the names of a rule out, so that it can stand in a VirtualService of another namespace. */
export class NameResolver {
  readonly #namespace: string;
  readonly #domain: string;

  constructor(namespace: string, domain: string) {
    this.#namespace = namespace;
    this.#domain = domain;
  }

  http(rule: HTTPRoute): HTTPRoute {
    return copyOf(rule, {
      match: this.#matches(rule.match),
      route: this.#routes(rule.route),
      mirror: rule.mirror && this.#destination(rule.mirror),
      mirrors: rule.mirrors.map((mirror) => copyOf(mirror, { destination: this.#destination(mirror.destination) })),
    });
  }

  #matches(matches: readonly HTTPMatchRequest[]): readonly HTTPMatchRequest[] {
    return matches.map((match) =>
      match.gateways.length === 0
        ? match
        : copyOf(match, { gateways: match.gateways.map((name) => gatewayName(name, this.#namespace)) }),
    );
  }

  #routes(routes: readonly HTTPRouteDestination[]): readonly HTTPRouteDestination[] {
    return routes.map((route) => copyOf(route, { destination: this.#destination(route.destination) }));
  }

  #destination(destination: Destination): Destination {
    const host = fullHostname(destination.host, this.#namespace, this.#domain);
    return host === destination.host ? destination : copyOf(destination, { host });
  }
}
