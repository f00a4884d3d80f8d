import { fullHostname, hostWithin } from "../hostname.ts";
import type { Mesh } from "../mesh.ts";
import type { ObjectOf } from "../object.ts";
import type { Subset, TrafficPolicy } from "../schema/destination-rule.ts";
import type { Memo } from "./memo.ts";
import { nodeAt } from "./origin.ts";
import { hasLabels, isExported, type RegistryService } from "./registry.ts";
import type { GatewayNode } from "./translation.ts";

/** The rules of a host in one namespace, put together: the oldest's policy, the subsets of all. */
export interface MergedRule {
  /** Oldest first. */
  readonly objects: readonly ObjectOf<"DestinationRule">[];
  readonly policy: TrafficPolicy | undefined;
  /** Whose policy that is. */
  readonly owner: ObjectOf<"DestinationRule">;
  readonly subsets: ReadonlyMap<string, { readonly subset: Subset; readonly owner: ObjectOf<"DestinationRule"> }>;
}

/** DestinationRules by host and namespace. */
export class DestinationRules {
  readonly #mesh: Mesh;
  readonly #memo: Memo;
  readonly #node: GatewayNode;
  /** By namespace, then by host. */
  readonly #byNamespace = new Map<string, Map<string, ObjectOf<"DestinationRule">[]>>();

  constructor(mesh: Mesh, memo: Memo, node: GatewayNode) {
    this.#mesh = mesh;
    this.#memo = memo;
    this.#node = node;
    for (const rule of mesh.destinationRules) {
      const { host, workloadSelector } = rule.spec;
      if (workloadSelector !== undefined && !hasLabels(node.labels, workloadSelector.matchLabels)) continue;
      const full = fullHostname(host, rule.namespace, mesh.domain).toLowerCase();
      let hosts = this.#byNamespace.get(rule.namespace);
      if (hosts === undefined) this.#byNamespace.set(rule.namespace, (hosts = new Map<string, ObjectOf<"DestinationRule">[]>()));
      const list = hosts.get(full);
      if (list === undefined) hosts.set(full, [rule]);
      else list.push(rule);
    }
  }

  /** The rule for a service: of the gateway's namespace, else of the service's, else of the root's. Istio: `destinationRule`. */
  of(service: RegistryService): MergedRule | undefined {
    const { namespace } = this.#node;
    const root = this.#mesh.rootNamespace;
    const own = namespace === root ? [] : this.#find(namespace, service.hostname);
    if (own.length > 0) return this.#merged(own);
    for (const owner of [service.namespace, root]) {
      const found = this.#find(owner, service.hostname).filter((rule) => isExported(rule.spec.exportTo, owner, namespace));
      if (found.length > 0) return this.#merged(found);
    }
    return undefined;
  }

  /** Those of the most specific host that the name is within. */
  #find(namespace: string, hostname: string): readonly ObjectOf<"DestinationRule">[] {
    const hosts = this.#byNamespace.get(namespace);
    if (hosts === undefined) return [];
    const exact = hosts.get(hostname);
    if (exact !== undefined) return exact;
    let best = "";
    for (const host of hosts.keys()) {
      if (host.startsWith("*") && host.length > best.length && hostWithin(hostname, host)) best = host;
    }
    return hosts.get(best) ?? [];
  }

  #merged(objects: readonly ObjectOf<"DestinationRule">[]): MergedRule {
    // Those for chosen workloads come before those for all.
    const chosen = objects.filter((rule) => rule.spec.workloadSelector !== undefined);
    const used = chosen.length > 0 ? chosen : objects;
    const [first] = used;
    return this.#memo.get(`rule ${first.namespace}/${first.name}`, used, (problems) => {
      const subsets = new Map<string, { readonly subset: Subset; readonly owner: ObjectOf<"DestinationRule"> }>();
      for (const owner of used) {
        for (const subset of owner.spec.subsets) {
          const there = subsets.get(subset.name);
          if (there === undefined) subsets.set(subset.name, { subset, owner });
          else {
            const message = `${there.owner.namespace}/${there.owner.name} has a subset "${subset.name}" already: this one does nothing`;
            problems.warn(nodeAt(owner, subset), "conflict", message);
          }
        }
      }
      const owner = used.find((rule) => rule.spec.trafficPolicy !== undefined) ?? first;
      for (const rule of used) {
        if (rule === owner || rule.spec.trafficPolicy === undefined) continue;
        const message = `${owner.namespace}/${owner.name}, which is older, has a policy for this host: this one does nothing`;
        problems.warn(nodeAt(rule, rule.spec, "trafficPolicy"), "conflict", message);
      }
      return { objects: used, policy: owner.spec.trafficPolicy, owner, subsets };
    });
  }
}
