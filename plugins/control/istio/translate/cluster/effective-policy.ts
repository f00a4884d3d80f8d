import type { ObjectOf } from "../../object.ts";
import type { TrafficPolicy } from "../../schema/destination-rule.ts";
import type { MergedRule } from "../destination-rules.ts";

/** A setting, and the rule that it stands in. */
export interface Owned<T> {
  readonly value: T;
  readonly owner: ObjectOf<"DestinationRule">;
}

type Setting<K extends keyof TrafficPolicy> = Owned<NonNullable<TrafficPolicy[K]>> | undefined;

/** The policy that holds for one port of a host or subset. */
export interface EffectivePolicy {
  readonly connectionPool: Setting<"connectionPool">;
  readonly outlierDetection: Setting<"outlierDetection">;
  readonly loadBalancer: Setting<"loadBalancer">;
  readonly tls: Setting<"tls">;
  readonly tunnel: Setting<"tunnel">;
  readonly proxyProtocol: Setting<"proxyProtocol">;
  readonly retryBudget: Setting<"retryBudget">;
}

const NOTHING: EffectivePolicy = {
  connectionPool: undefined,
  outlierDetection: undefined,
  loadBalancer: undefined,
  tls: undefined,
  tunnel: undefined,
  proxyProtocol: undefined,
  retryBudget: undefined,
};

/**
 * The rule's policy, over it what the subset's sets, each with the settings of the port in place of its own: those of a port take nothing over
 * from the others. Istio: `MergeTrafficPolicy`.
 */
export function effectivePolicy(rule: MergedRule | undefined, subset: string | undefined, port: number): EffectivePolicy {
  if (rule === undefined) return NOTHING;
  const base = overlay(NOTHING, rule.policy, rule.owner, port);
  const chosen = subset === undefined ? undefined : rule.subsets.get(subset);
  return chosen === undefined ? base : overlay(base, chosen.subset.trafficPolicy, chosen.owner, port);
}

function overlay(
  base: EffectivePolicy,
  policy: TrafficPolicy | undefined,
  owner: ObjectOf<"DestinationRule">,
  port: number,
): EffectivePolicy {
  if (policy === undefined) return base;
  const own = <T>(value: T | undefined, before: Owned<T> | undefined): Owned<T> | undefined =>
    value === undefined ? before : { value, owner };
  const merged: EffectivePolicy = {
    connectionPool: own(policy.connectionPool, base.connectionPool),
    outlierDetection: own(policy.outlierDetection, base.outlierDetection),
    loadBalancer: own(policy.loadBalancer, base.loadBalancer),
    tls: own(policy.tls, base.tls),
    tunnel: own(policy.tunnel, base.tunnel),
    proxyProtocol: own(policy.proxyProtocol, base.proxyProtocol),
    retryBudget: own(policy.retryBudget, base.retryBudget),
  };
  const level = policy.portLevelSettings.find((one) => one.port?.number === port);
  if (level === undefined) return merged;
  return {
    ...merged,
    connectionPool: own(level.connectionPool, undefined),
    outlierDetection: own(level.outlierDetection, undefined),
    loadBalancer: own(level.loadBalancer, undefined),
    tls: own(level.tls, undefined),
  };
}
