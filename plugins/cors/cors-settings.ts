import type { FilterScope } from "../../core/contract/filter.ts";
import { compileRuntimeFraction, type Fraction } from "../../core/match/fraction.ts";
import type { Report } from "../../core/match/problem.ts";
import { compileStringMatcher, type StringMatcher } from "../../core/match/string-matcher.ts";
import type { CorsPolicy } from "../../core/resources/cors-policy.ts";
import { refuse } from "../config-problem.ts";

/** A compiled CORS policy: the policies of all levels in one. */
export interface CorsSettings {
  readonly origins: readonly StringMatcher[];
  /** "" is unset; "*" allows what the preflight asks for. */
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  readonly maxAge: string;
  readonly allowCredentials: boolean;
  readonly allowPrivateNetworkAccess: boolean;
  readonly forwardNotMatchingPreflights: boolean;
  /** null: always. */
  readonly enabled: Fraction | null;
  /** null: never. */
  readonly shadow: Fraction | null;
}

/**
 * Merges the policies of virtual host and route: each field is that of the most specific policy which sets it; whether the filter is enabled
 * says the most specific one alone. Envoy does the same for each request anew.
 * @param policies least specific first.
 */
export function mergeCorsPolicies(policies: readonly CorsPolicy[]): CorsPolicy {
  const specific = policies.at(-1) as CorsPolicy;
  const merged: { -readonly [K in keyof CorsPolicy]: CorsPolicy[K] } = { ...specific };
  for (let i = policies.length - 2; i >= 0; i--) {
    const other = policies[i];
    if (merged.allowOriginStringMatch.length === 0) merged.allowOriginStringMatch = other.allowOriginStringMatch;
    merged.allowMethods ||= other.allowMethods;
    merged.allowHeaders ||= other.allowHeaders;
    merged.exposeHeaders ||= other.exposeHeaders;
    merged.maxAge ||= other.maxAge;
    merged.allowCredentials ??= other.allowCredentials;
    merged.allowPrivateNetworkAccess ??= other.allowPrivateNetworkAccess;
    merged.forwardNotMatchingPreflights ??= other.forwardNotMatchingPreflights;
  }
  return merged;
}

/** Compiles a policy; a bad expression throws, unless `report` takes it: it then matches nothing. */
export function compileCorsSettings(
  policy: CorsPolicy,
  scope: Pick<FilterScope, "runtime">,
  report: Report = refuse,
): CorsSettings {
  const { filterEnabled, shadowEnabled } = policy;
  return {
    origins: policy.allowOriginStringMatch.map((matcher) => compileStringMatcher(matcher, report)),
    allowMethods: policy.allowMethods,
    allowHeaders: policy.allowHeaders,
    exposeHeaders: policy.exposeHeaders,
    maxAge: policy.maxAge,
    allowCredentials: policy.allowCredentials ?? false,
    allowPrivateNetworkAccess: policy.allowPrivateNetworkAccess ?? false,
    forwardNotMatchingPreflights: policy.forwardNotMatchingPreflights ?? true,
    enabled: filterEnabled === undefined ? null : compileRuntimeFraction(filterEnabled, scope.runtime),
    shadow: shadowEnabled === undefined ? null : compileRuntimeFraction(shadowEnabled, scope.runtime),
  };
}
