import type { HTTPMatchRequest, HTTPRoute, StringMatch } from "../schema/virtual-service.ts";
import { copyOf } from "./resolve-names.ts";

/**
 * A delegate's rules within the root's rule that delegates to it: the root's matches and settings where the delegate has none of its own.
 * A rule whose matches lie outside of the root's is left out, and given to `conflict`. Istio: `MergeHTTPRoutes`.
 */
export function mergeDelegate(
  root: HTTPRoute,
  delegate: readonly HTTPRoute[],
  conflict: (rule: HTTPRoute) => void,
): readonly HTTPRoute[] {
  const merged: HTTPRoute[] = [];
  for (const rule of delegate) {
    const match = mergeMatches(root.match, rule.match);
    if (match === undefined) {
      conflict(rule);
      continue;
    }
    merged.push(
      copyOf(rule, {
        match,
        name: joinNames(root.name, rule.name),
        delegate: undefined,
        rewrite: rule.rewrite ?? root.rewrite,
        directResponse: rule.directResponse ?? root.directResponse,
        timeout: rule.timeout ?? root.timeout,
        retries: rule.retries ?? root.retries,
        fault: rule.fault ?? root.fault,
        mirror: rule.mirror ?? root.mirror,
        mirrors: rule.mirrors.length > 0 ? rule.mirrors : root.mirrors,
        mirrorPercent: rule.mirrorPercent ?? root.mirrorPercent,
        mirrorPercentage: rule.mirrorPercentage ?? root.mirrorPercentage,
        corsPolicy: rule.corsPolicy ?? root.corsPolicy,
        headers: rule.headers ?? root.headers,
      }),
    );
  }
  return merged;
}

function joinNames(root: string | undefined, own: string | undefined): string | undefined {
  if (own === undefined) return root;
  return root === undefined ? own : `${root}-${own}`;
}

/** Each of the delegate's matches with each of the root's that it fits; undefined when one of them fits none. */
function mergeMatches(
  root: readonly HTTPMatchRequest[],
  delegate: readonly HTTPMatchRequest[],
): readonly HTTPMatchRequest[] | undefined {
  if (root.length === 0) return delegate;
  if (delegate.length === 0) return root;
  const merged: HTTPMatchRequest[] = [];
  for (const leaf of delegate) {
    const fitting = root.filter((one) => !inConflict(one, leaf));
    if (fitting.length === 0) return undefined;
    for (const one of fitting) merged.push(mergeMatch(one, leaf));
  }
  return merged;
}

function mergeMatch(root: HTTPMatchRequest, leaf: HTTPMatchRequest): HTTPMatchRequest {
  return copyOf(leaf, {
    name: joinNames(root.name, leaf.name),
    uri: leaf.uri ?? root.uri,
    scheme: leaf.scheme ?? root.scheme,
    method: leaf.method ?? root.method,
    authority: leaf.authority ?? root.authority,
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
    port: leaf.port === undefined || leaf.port === 0 ? root.port : leaf.port,
    sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
    sourceNamespace: leaf.sourceNamespace ?? root.sourceNamespace,
    gateways: leaf.gateways.length === 0 ? root.gateways : leaf.gateways,
    statPrefix: leaf.statPrefix ?? root.statPrefix,
  });
}

function inConflict(root: HTTPMatchRequest, leaf: HTTPMatchRequest): boolean {
  if (stringsConflict(root.uri, leaf.uri)) return true;
  if (stringsConflict(root.scheme, leaf.scheme)) return true;
  if (stringsConflict(root.method, leaf.method)) return true;
  if (stringsConflict(root.authority, leaf.authority)) return true;
  if (anyConflict(root.headers, leaf.headers)) return true;
  if (anyConflict(root.withoutHeaders, leaf.withoutHeaders)) return true;
  if (anyConflict(root.queryParams, leaf.queryParams)) return true;
  if (root.ignoreUriCase !== leaf.ignoreUriCase) return true;
  const ports = [root.port ?? 0, leaf.port ?? 0];
  if (ports[0] > 0 && ports[1] > 0 && ports[0] !== ports[1]) return true;
  if (root.sourceNamespace !== undefined && leaf.sourceNamespace !== root.sourceNamespace) return true;
  for (const [name, value] of Object.entries(leaf.sourceLabels)) {
    if (name in root.sourceLabels && root.sourceLabels[name] !== value) return true;
  }
  if (root.gateways.length === 0 || leaf.gateways.length === 0) return false;
  return leaf.gateways.some((name) => !root.gateways.includes(name));
}

type Matches = Readonly<Record<string, StringMatch>>;

function anyConflict(root: Matches, leaf: Matches): boolean {
  return Object.entries(leaf).some(([name, match]) => stringsConflict(root[name] as StringMatch | undefined, match));
}

/** Whether the leaf may match what the root does not. Expressions are not compared: two matches with one among them are in conflict. */
function stringsConflict(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (root === undefined || leaf === undefined) return false;
  const rootExact = root.exact ?? "";
  const rootPrefix = root.prefix ?? "";
  const leafExact = leaf.exact ?? "";
  const leafPrefix = leaf.prefix ?? "";
  if ((root.regex ?? "") !== "" || (leaf.regex ?? "") !== "") return true;
  if (rootExact !== "") return leafPrefix !== "" || leafExact !== rootExact;
  if (rootPrefix === "") return true;
  if (leafPrefix !== "") return !leafPrefix.startsWith(rootPrefix);
  return leafExact === "" || !leafExact.startsWith(rootPrefix);
}
