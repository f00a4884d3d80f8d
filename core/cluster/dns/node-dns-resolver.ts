import { Resolver } from "node:dns/promises";
import { resolveFamilies } from "./dns-resolver.ts";
import type { DnsAddress, DnsLookupFamily, DnsResolver, DnsResolverOptions } from "./dns-resolver.ts";
import { lookUpHosts, readHosts } from "./hosts-file.ts";
import { candidates, readSearchDomains } from "./search-domains.ts";

/** The name exists not, or has no address of that family: an answer, not a failure. */
const NOTHING = new Set(["ENOTFOUND", "ENODATA", "ENONAME"]);

/** Where the system keeps its names; tests have their own. */
export interface DnsFiles {
  readonly hosts: string;
  readonly resolvConf: string;
}
const SYSTEM_FILES: DnsFiles = { hosts: "/etc/hosts", resolvConf: "/etc/resolv.conf" };

/**
 * Resolves as c-ares does for Envoy: the hosts file first, and a name that stands there is not asked for elsewhere; then DNS with the search
 * domains of resolv.conf. `dns.lookup` would do the same in fewer lines, but tells no TTL and blocks a thread of the pool for each name.
 */
export class NodeDnsResolver implements DnsResolver {
  readonly #resolver: Resolver;
  readonly #searchDomains: boolean;
  readonly #files: DnsFiles;

  /** Throws when a server is not an IP address with or without port. */
  constructor(options: DnsResolverOptions, files: DnsFiles = SYSTEM_FILES) {
    const timing: { timeout?: number; tries?: number } = {};
    if (options.timeout > 0) timing.timeout = options.timeout;
    if (options.tries > 0) timing.tries = options.tries;
    this.#resolver = new Resolver(timing);
    if (options.servers.length > 0) this.#resolver.setServers([...options.servers]);
    this.#searchDomains = options.searchDomains;
    this.#files = files;
  }

  async resolve(name: string, family: DnsLookupFamily): Promise<readonly DnsAddress[]> {
    const hosts = await readHosts(this.#files.hosts);
    const fromFile = (f: 4 | 6): DnsAddress[] | undefined => lookUpHosts(hosts, name, f)?.map((ip) => ({ ip, ttl: 0 }));
    if (fromFile(4) !== undefined) return resolveFamilies(family, (f) => Promise.resolve(fromFile(f) ?? []));
    const names = this.#searchDomains
      ? candidates(name, await readSearchDomains(this.#files.resolvConf))
      : [name.replace(/\.$/, "")];
    return resolveFamilies(family, (f) => this.#askInTurn(names, f));
  }

  async #askInTurn(names: readonly string[], family: 4 | 6): Promise<readonly DnsAddress[]> {
    for (const name of names) {
      const found = await this.#ask(name, family);
      if (found.length > 0) return found;
    }
    return [];
  }

  async #ask(name: string, family: 4 | 6): Promise<readonly DnsAddress[]> {
    try {
      const records = await (family === 4
        ? this.#resolver.resolve4(name, { ttl: true })
        : this.#resolver.resolve6(name, { ttl: true }));
      return records.map(({ address, ttl }) => ({ ip: address, ttl }));
    } catch (error) {
      if (NOTHING.has((error as { code?: string }).code ?? "")) return [];
      throw error;
    }
  }

  dispose(): void {
    this.#resolver.cancel();
  }
}
