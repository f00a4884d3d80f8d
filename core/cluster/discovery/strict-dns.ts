import type { ClusterImpl } from "../cluster.ts";
import type { EndpointConfig } from "../cluster-config.ts";
import type { DnsAddress } from "../dns/dns-resolver.ts";
import { DnsTarget } from "../dns/dns-target.ts";
import type { HostOptions } from "../host.ts";
import type { Discovery } from "./discovery.ts";

/** Every address of every name is a host. Names are resolved each for itself; a failure keeps the hosts that were there. */
export class StrictDnsDiscovery implements Discovery {
  readonly #cluster: ClusterImpl;
  readonly #parts: Part[];

  constructor(cluster: ClusterImpl) {
    this.#cluster = cluster;
    this.#parts = cluster.config.endpoints.map((endpoint) => new Part(cluster, endpoint, () => this.#update()));
  }

  async start(): Promise<void> {
    this.#update();
    await Promise.all(this.#parts.flatMap((part) => (part.target === null ? [] : [part.target.start()])));
  }

  #update(): void {
    this.#cluster.setHosts(this.#parts.flatMap((part) => part.hosts));
  }

  stop(): void {
    for (const part of this.#parts) part.target?.stop();
  }
}

/** What one endpoint stands for. */
class Part {
  hosts: readonly HostOptions[];
  readonly target: DnsTarget | null;
  readonly #cluster: ClusterImpl;
  readonly #endpoint: EndpointConfig;
  readonly #onChange: () => void;

  constructor(cluster: ClusterImpl, endpoint: EndpointConfig, onChange: () => void) {
    this.#cluster = cluster;
    this.#endpoint = endpoint;
    this.#onChange = onChange;
    this.hosts = endpoint.isName ? [] : [endpoint.options];
    this.target = endpoint.isName ? dnsTarget(cluster, endpoint, (addresses) => this.#answer(addresses)) : null;
  }

  #answer(addresses: readonly DnsAddress[]): boolean {
    const { stats } = this.#cluster;
    stats.update_success.value++;
    const { options } = this.#endpoint;
    const port = "path" in options.address ? 0 : options.address.port;
    const ips = [...new Set(addresses.map(({ ip }) => ip))];
    const same =
      ips.length === this.hosts.length && this.hosts.every((host) => "host" in host.address && ips.includes(host.address.host));
    if (same) {
      stats.update_no_rebuild.value++;
    } else {
      this.hosts = ips.map((ip) => ({ ...options, address: { host: ip, port } }));
      this.#onChange();
    }
    return true;
  }
}

/** Resolves an endpoint's name by the cluster's settings. */
export function dnsTarget(
  cluster: ClusterImpl,
  { options }: EndpointConfig,
  onAnswer: (addresses: readonly DnsAddress[]) => boolean,
): DnsTarget {
  const { config, environment, stats } = cluster;
  const name = "path" in options.address ? "" : options.address.host;
  return new DnsTarget({
    name,
    family: config.dnsFamily,
    refresh: config.dnsRefresh,
    resolver: environment.resolver,
    timers: environment.timers,
    random: environment.random,
    onAttempt: () => stats.update_attempt.value++,
    onAnswer,
    onFailure: (error) => {
      stats.update_failure.value++;
      environment.log?.(
        `cluster "${cluster.name}": can't resolve "${name}": ${error instanceof Error ? error.message : String(error)}`,
      );
    },
  });
}
