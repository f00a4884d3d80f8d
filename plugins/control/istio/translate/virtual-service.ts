import { fullHostname } from "../hostname.ts";
import type { Mesh } from "../mesh.ts";
import type { ObjectOf } from "../object.ts";
import type { Destination, HTTPRoute } from "../schema/virtual-service.ts";
import { mergeDelegate } from "./delegate.ts";
import type { Memo } from "./memo.ts";
import { nodeAt, type Origin } from "./origin.ts";
import type { Problems } from "./problems.ts";
import { isExported } from "./registry.ts";
import { gatewayName, NameResolver } from "./resolve-names.ts";

/** An HTTP rule, delegates merged in. */
export interface ResolvedRule {
  readonly rule: HTTPRoute;
  /** What its short names are of; those of a delegate's rule are spelled out. */
  readonly namespace: string;
  /** Where the rule is written: the VirtualService, or its delegate. */
  readonly object: ObjectOf<"VirtualService">;
  /** Of a delegate's rule: the rule that delegates to it. */
  readonly root: Origin | undefined;
}

/** A VirtualService as it means itself. */
export interface ResolvedVirtualService {
  readonly object: ObjectOf<"VirtualService">;
  /** In lower case. */
  readonly hosts: readonly string[];
  /** `namespace/name`, or `mesh`. */
  readonly gateways: ReadonlySet<string>;
  readonly http: readonly ResolvedRule[];
  /** All hosts that its HTTP rules send requests or copies to. */
  readonly destinations: readonly string[];
}

/** Resolves a VirtualService that has hosts. What its delegates are is looked up anew each time. */
export function resolveVirtualService(object: ObjectOf<"VirtualService">, mesh: Mesh, memo: Memo): ResolvedVirtualService {
  const delegates: (ObjectOf<"VirtualService"> | undefined)[] = [];
  for (const { delegate } of object.spec.http) {
    if (delegate !== undefined) {
      delegates.push(mesh.get("VirtualService", delegate.namespace ?? object.namespace, delegate.name ?? ""));
    }
  }
  return memo.get(`virtual service ${object.namespace}/${object.name}`, [object, mesh.domain, ...delegates], (problems) =>
    resolve(object, mesh.domain, delegates, problems),
  );
}

function resolve(
  object: ObjectOf<"VirtualService">,
  domain: string,
  delegates: readonly (ObjectOf<"VirtualService"> | undefined)[],
  problems: Problems,
): ResolvedVirtualService {
  const { spec, namespace } = object;
  const http: ResolvedRule[] = [];
  let next = 0;
  for (const rule of spec.http) {
    if (rule.delegate === undefined) http.push({ rule, namespace, object, root: undefined });
    else http.push(...delegated(object, new NameResolver(namespace, domain).http(rule), delegates[next++], domain, problems));
  }
  const destinations = new Set<string>();
  for (const one of http) {
    const add = ({ host }: Destination): unknown => destinations.add(fullHostname(host, one.namespace, domain));
    for (const { destination } of one.rule.route) add(destination);
    if (one.rule.mirror !== undefined) add(one.rule.mirror);
    for (const { destination } of one.rule.mirrors) add(destination);
  }
  return {
    object,
    hosts: spec.hosts.map((host) => fullHostname(host, namespace, domain).toLowerCase()),
    gateways: new Set(spec.gateways.length === 0 ? ["mesh"] : spec.gateways.map((name) => gatewayName(name, namespace))),
    http,
    destinations: [...destinations],
  };
}

/** The rules of a delegate in place of the rule that delegates; none when there is no such VirtualService that may be used so. */
function delegated(
  object: ObjectOf<"VirtualService">,
  rule: HTTPRoute,
  delegate: ObjectOf<"VirtualService"> | undefined,
  domain: string,
  problems: Problems,
): readonly ResolvedRule[] {
  const node = nodeAt(object, rule, "delegate");
  const name = `${rule.delegate?.namespace ?? object.namespace}/${rule.delegate?.name ?? ""}`;
  if (delegate === undefined) {
    problems.warn(node, "unknown_reference", `there is no VirtualService "${name}": the rule does nothing`);
    return [];
  }
  if (delegate.spec.hosts.length > 0) {
    problems.warn(node, "unknown_reference", `VirtualService "${name}" has hosts, so it is no delegate: the rule does nothing`);
    return [];
  }
  if (!isExported(delegate.spec.exportTo, delegate.namespace, object.namespace)) {
    problems.warn(
      node,
      "unknown_reference",
      `VirtualService "${name}" is not exported to ${object.namespace}: the rule does nothing`,
    );
    return [];
  }
  const names = new NameResolver(delegate.namespace, domain);
  const own: HTTPRoute[] = [];
  for (const written of delegate.spec.http) {
    if (written.delegate === undefined) own.push(names.http(written));
    else {
      const at = nodeAt(delegate, written, "delegate");
      problems.warn(at, "without_effect", "a delegate can't delegate further: the rule does nothing");
    }
  }
  const root: Origin = { object, node: nodeAt(object, rule) };
  const merged = mergeDelegate(rule, own, (left) => {
    const root = `the rule of ${object.namespace}/${object.name} that delegates to it`;
    problems.warn(nodeAt(delegate, left), "conflict", `its matches lie outside of those of ${root}: it does nothing there`);
  });
  return merged.map((one) => ({ rule: one, namespace: delegate.namespace, object: delegate, root }));
}
