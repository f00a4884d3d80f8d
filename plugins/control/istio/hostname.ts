/**
 * Whether two host patterns have a name in common. `*` and `*.x` stand for any beginning. Istio: `host.Name.Matches`.
 */
export function hostsOverlap(a: string, b: string): boolean {
  const wildA = a.startsWith("*");
  const wildB = b.startsWith("*");
  if (wildA && wildB) return a.length < b.length ? b.endsWith(a.slice(1)) : a.endsWith(b.slice(1));
  if (wildA) return b.endsWith(a.slice(1));
  if (wildB) return a.endsWith(b.slice(1));
  return a === b;
}

/** Whether all names that `a` stands for are among those of `b`. Istio: `host.Name.SubsetOf`. */
export function hostWithin(a: string, b: string): boolean {
  if (a.startsWith("*")) return b.startsWith("*") && a.length >= b.length && a.endsWith(b.slice(1));
  return b.startsWith("*") ? a.endsWith(b.slice(1)) : a === b;
}

/** The full name of a host as an object of that namespace means it: names without a dot are Services of the namespace. */
export function fullHostname(host: string, namespace: string, domain: string): string {
  return host.startsWith("*") || host.includes(".") ? host : `${host}.${namespace}.svc.${domain}`;
}
