/** Which addresses are asked for. Envoy: `Cluster.DnsLookupFamily`. */
export type DnsLookupFamily = "AUTO" | "V4_ONLY" | "V6_ONLY" | "V4_PREFERRED" | "ALL";

/** An address that a name stands for. */
export interface DnsAddress {
  readonly ip: string;
  /** Seconds that the answer may be used; 0: unknown (it is from the hosts file). */
  readonly ttl: number;
}

/** Turns names into addresses. */
export interface DnsResolver {
  /**
   * All addresses of a name, in the order of the answer. Empty when the name or its addresses don't exist.
   * Rejected when nobody could be asked or the answer was none: timeout, SERVFAIL, refused.
   */
  resolve(name: string, family: DnsLookupFamily): Promise<readonly DnsAddress[]>;
  /** Gives up what is under way. */
  dispose?(): void;
}

/** How a cluster's names are resolved: `typed_dns_resolver_config` (c-ares) or `dns_resolution_config`. */
export interface DnsResolverOptions {
  /** "10.0.0.53:53", "[::1]:53". Empty: the system's. */
  readonly servers: readonly string[];
  /** Whether the search domains of resolv.conf are tried. Envoy: not `no_default_search_domain`. */
  readonly searchDomains: boolean;
  /** ms for the first try; 0: the library's (5000). */
  readonly timeout: number;
  /** 0: the library's (4). */
  readonly tries: number;
}

/** Envoy's defaults. */
export const DEFAULT_DNS_RESOLVER_OPTIONS: DnsResolverOptions = { servers: [], searchDomains: true, timeout: 0, tries: 0 };

type Ask = (family: 4 | 6) => Promise<readonly DnsAddress[]>;

/**
 * Asks for the families that are wanted, in their order. `AUTO` prefers IPv6 and falls back to IPv4 when there is none, as Envoy's
 * does; a failure of one family counts only when the other has nothing.
 */
export async function resolveFamilies(family: DnsLookupFamily, ask: Ask): Promise<readonly DnsAddress[]> {
  switch (family) {
    case "V4_ONLY":
      return ask(4);
    case "V6_ONLY":
      return ask(6);
    case "AUTO":
      return firstOf(ask, 6, 4);
    case "V4_PREFERRED":
      return firstOf(ask, 4, 6);
    case "ALL": {
      const [six, four] = await Promise.allSettled([ask(6), ask(4)]);
      const found = [six, four].flatMap((result) => (result.status === "fulfilled" ? result.value : []));
      if (found.length === 0) for (const result of [four, six]) if (result.status === "rejected") throw result.reason;
      return found;
    }
  }
}

async function firstOf(ask: Ask, first: 4 | 6, second: 4 | 6): Promise<readonly DnsAddress[]> {
  let failure: unknown;
  let failed = false;
  try {
    const found = await ask(first);
    if (found.length > 0) return found;
  } catch (error) {
    failed = true;
    failure = error;
  }
  const found = await ask(second);
  if (found.length === 0 && failed) throw failure;
  return found;
}
