import type { ClusterImpl } from "../cluster.ts";
import type { DnsAddress } from "../dns/dns-resolver.ts";
import type { DnsTarget } from "../dns/dns-target.ts";
import type { Discovery } from "./discovery.ts";
import { dnsTarget } from "./strict-dns.ts";

/**
 * One host, which is wherever its name points: new connections go to the first address of the last answer, those that exist
 * stay where they are. For names with many addresses that change all the time.
 */
export class LogicalDnsDiscovery implements Discovery {
  readonly #cluster: ClusterImpl;
  readonly #target: DnsTarget | null;

  constructor(cluster: ClusterImpl) {
    this.#cluster = cluster;
    const [endpoint] = cluster.config.endpoints;
    this.#target = endpoint?.isName ? dnsTarget(cluster, endpoint, (addresses) => this.#answer(addresses)) : null;
  }

  async start(): Promise<void> {
    if (this.#target === null) this.#cluster.setHosts(this.#cluster.config.endpoints.map(({ options }) => options));
    else await this.#target.start();
  }

  /** An empty answer is a failure: the host is not given up. */
  #answer(addresses: readonly DnsAddress[]): boolean {
    const { stats, config, hosts } = this.#cluster;
    if (addresses.length === 0) {
      stats.update_failure.value++;
      return false;
    }
    stats.update_success.value++;
    const { options } = config.endpoints[0];
    const address = { host: addresses[0].ip, port: "path" in options.address ? 0 : options.address.port };
    if (hosts.length === 0) this.#cluster.setHosts([{ ...options, address }]);
    else hosts[0].moveTo(address);
    return true;
  }

  stop(): void {
    this.#target?.stop();
  }
}
