import type { Json } from "./json.ts";

/** Names of a certificate of which one must be there, of any kind: Istio does not tell them apart. */
export function sanMatchers(names: readonly string[]): readonly Json[] {
  return names.flatMap((exact) =>
    ["DNS", "URI", "EMAIL", "IP_ADDRESS"].map((type): Json => ({ san_type: type, matcher: { exact } })),
  );
}
