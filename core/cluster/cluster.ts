import type { Cluster, Host, LoadBalancerContext } from "../contract/cluster.ts";
import type { StatsScope } from "../contract/stats.ts";
import type { HostShare } from "../contract/trace.ts";
import { addressText } from "./address-text.ts";
import { HostImpl } from "./host.ts";
import type { HostOptions, HostOwner, UpstreamEnvironment, UpstreamOptions } from "./host.ts";
import type { LoadBalancerDefinition, LoadBalancerScope } from "./balancers/load-balancer.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { resourceKey } from "../resources/diff.ts";
import type { OutlierDetection } from "../resources/outlier-detection.ts";
import type { DecodeContext, TypedConfig } from "../resources/schema/index.ts";
import { ClusterTls, type ClusterTlsEnvironment } from "../tls/cluster-tls.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { ClusterStatsImpl } from "./cluster-stats.ts";
import { createDiscovery } from "./discovery/discovery.ts";
import type { Discovery } from "./discovery/discovery.ts";
import type { EventLog } from "./event-log.ts";
import { type OutlierBounds, OutlierDetector } from "./outlier/outlier-detector.ts";
import type { DnsResolver } from "./dns/dns-resolver.ts";
import { coarseHealth } from "./priority-load.ts";
import { PrioritySet } from "./priority-set.ts";

/** What clusters use of the process. */
export interface ClusterEnvironment extends UpstreamEnvironment {
  /** Clusters count below `cluster.NAME.` of it. */
  readonly stats: StatsScope;
  readonly resolver: DnsResolver;
  /** By `lb_policy`. */
  readonly balancers: ReadonlyMap<string, LoadBalancerDefinition>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Where ejections of all clusters are told; null: nowhere. Asked at each event. Absent: nowhere. */
  readonly outlierLog?: () => EventLog | null;
  /** Told what is worth a line in the log: names that can't be resolved, hosts that come and go. */
  readonly log?: (message: string) => void;
}

/** How often a pick is made anew because the request doesn't want the host. The request stops asking earlier as a rule. */
const MAX_PICKS = 64;

/** A cluster: its hosts, who of them is next, and what it counts. */
export class ClusterImpl implements Cluster, HostOwner {
  readonly config: ClusterConfig;
  readonly name: string;
  readonly altStatName: string;
  readonly scope: StatsScope;
  readonly stats: ClusterStatsImpl;
  readonly limits: { readonly DEFAULT: CircuitBreaker; readonly HIGH: CircuitBreaker };
  readonly connectTimeout: number;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly upstream: UpstreamOptions;
  readonly environment: ClusterEnvironment;
  readonly usesHash: boolean;
  /** null: plain. */
  #tls: ClusterTls | null = null;
  #tlsMatches: readonly { readonly match: Readonly<Record<string, unknown>>; readonly tls: ClusterTls | null }[] = [];
  #hosts: HostImpl[] = [];
  readonly #priorities: PrioritySet;
  readonly #discovery: Discovery;
  /** null: nobody is ejected. */
  readonly #outliers: OutlierDetector | null;
  #warm: Promise<void> | null = null;
  #draining = false;
  #updating = false;

  constructor(config: ClusterConfig, environment: ClusterEnvironment) {
    const { policy, config: lbConfig } = config.loadBalancing;
    const balancer = environment.balancers.get(policy);
    if (balancer === undefined) throw new RangeError(`cluster "${config.name}": there is no balancer "${policy}"`);
    this.config = config;
    this.name = config.name;
    this.altStatName = config.statName === config.name ? "" : config.statName;
    this.scope = environment.stats.scope("cluster", config.statName, "envoy.cluster_name");
    this.stats = new ClusterStatsImpl(this.scope);
    this.limits = {
      DEFAULT: new CircuitBreaker(config.thresholds.DEFAULT, this.scope, "default"),
      HIGH: new CircuitBreaker(config.thresholds.HIGH, this.scope, "high"),
    };
    this.connectTimeout = config.upstream.connectTimeout;
    this.metadata = config.metadata;
    this.upstream = config.upstream;
    this.environment = environment;
    const scope: LoadBalancerScope = {
      random: environment.random,
      now: () => environment.clock.now(),
      stats: this.scope,
      active: this.stats.upstream_rq_active,
    };
    this.usesHash = balancer.byHash ?? false;
    this.#priorities = new PrioritySet({
      panicThreshold: config.panicThreshold,
      overprovisioning: config.overprovisioning,
      weightedHealth: config.weightedHealth,
      random: environment.random,
      byHash: this.usesHash,
      createBalancer: () => balancer.create(lbConfig, scope),
      onPanicPick: () => this.stats.lb_healthy_panic.value++,
    });
    this.#outliers = config.outliers === undefined ? null : this.#detector(config.outliers);
    this.#discovery = createDiscovery(this);
  }

  #detector(settings: OutlierDetection): OutlierDetector {
    const { clock, timers, random, outlierLog } = this.environment;
    const onEjected = (host: HostImpl): void => this.#failed(host);
    const eventLog = outlierLog ?? ((): null => null);
    return new OutlierDetector(settings, { cluster: this.name, scope: this.scope, clock, timers, random, eventLog, onEjected });
  }

  /** Mean success rate of the last interval and the rate below which hosts were ejected, of each origin; null without outlier detection. */
  get outlierBounds(): OutlierBounds | null {
    return this.#outliers?.bounds ?? null;
  }

  /** A host has failed: its connections may be a part of why, so new ones are made for who still goes there. Not in the middle of what one of them tells. */
  #failed(host: HostImpl): void {
    queueMicrotask(() => {
      host.renewConnections();
      if (this.config.closeOnFailure) host.closeTcpConnections();
    });
  }

  /** Builds the TLS of its connections; false after mistakes, which the context has. Before the first host. */
  useTls(environment: ClusterTlsEnvironment, context: DecodeContext): boolean {
    const { config } = this;
    const build = (transport: TypedConfig | undefined): ClusterTls | null | undefined =>
      transport === undefined
        ? null
        : ClusterTls.create(transport, config.name, this.scope, config.autoNames, environment, context);
    const tls = build(config.transport);
    const matches = config.transportMatches.map(({ match, transport }) => ({ match, tls: build(transport) }));
    this.#tls = tls ?? null;
    this.#tlsMatches = matches.map(({ match, tls: found }) => ({ match, tls: found ?? null }));
    return tls !== undefined && matches.every(({ tls: found }) => found !== undefined);
  }

  tlsFor(metadata: Readonly<Record<string, unknown>> | undefined): ClusterTls | null {
    if (this.#tlsMatches.length === 0) return this.#tls;
    const labels = (metadata?.["envoy.transport_socket_match"] ?? {}) as Readonly<Record<string, unknown>>;
    for (const { match, tls } of this.#tlsMatches) {
      if (Object.entries(match).every(([key, value]) => resourceKey(labels[key] as object) === resourceKey(value as object)))
        return tls;
    }
    return this.#tls;
  }

  get hosts(): readonly HostImpl[] {
    return this.#hosts;
  }

  pick(context: LoadBalancerContext | null): Host | null {
    const host = this.#priorities.pick(context);
    if (context === null || host === null || !context.shouldSelectAnotherHost(host)) return host;
    return this.#pickAnother(context);
  }

  #pickAnother(context: LoadBalancerContext): Host | null {
    let host: Host | null = null;
    for (let i = 1; i < MAX_PICKS; i++) {
      host = this.#priorities.pick(context, i);
      if (host === null || !context.shouldSelectAnotherHost(host)) break;
    }
    return host;
  }

  /** As the balancers that ship spread picks over many requests: by weight, RANDOM evenly. LEAST_REQUEST then prefers who is less busy. */
  spread(): readonly HostShare[] {
    const shares = new Map<HostImpl, number>();
    for (const { hosts, share } of this.#priorities.sources) {
      const weigh = (host: HostImpl): number => (this.config.loadBalancing.policy === "RANDOM" ? 1 : host.weight);
      const total = hosts.reduce((sum, host) => sum + weigh(host), 0);
      for (const host of hosts) shares.set(host, (shares.get(host) ?? 0) + ((share / 100) * weigh(host)) / total);
    }
    const known = this.#hosts.map((host) => ({
      address: host.address,
      hostname: host.hostname,
      share: shares.get(host) ?? 0,
      health: coarseHealth(host.healthFlags),
      weight: host.weight,
      priority: host.priority,
      activeRequests: host.activeRequests,
    }));
    if (known.length > 0) return known;
    const names = this.config.endpoints.filter((endpoint) => endpoint.isName);
    return names.map(({ options }) => ({
      address: addressText(options.address),
      hostname: options.hostname,
      share: names.length === 1 ? 1 : undefined,
      health: "not looked up",
      weight: options.weight,
      priority: options.priority,
      activeRequests: 0,
    }));
  }

  /** Finds the hosts and keeps finding them. Fulfilled when each name was asked for once, whatever came of it. Never rejected. */
  warm(): Promise<void> {
    this.#warm ??= this.#discovery.start();
    return this.config.waitForWarm ? this.#warm : Promise.resolve();
  }

  /** Replaces the hosts. One that stays, by address, name and priority, keeps its connections and counters; one that left drains. */
  setHosts(wanted: readonly HostOptions[]): void {
    if (this.#draining) return;
    this.#updating = true;
    const before = new Map<string, HostImpl[]>();
    for (const host of this.#hosts) push(before, hostKey(host.address, host), host);
    const hosts = wanted.map((options) => {
      const host = before.get(hostKey(addressText(options.address), options))?.shift();
      if (host === undefined) return this.#newHost(options);
      host.weight = options.weight;
      host.setEndpointHealth(options.healthFlags);
      return host;
    });
    this.#updating = false;
    const removed = [...before.values()].flat();
    const changed = removed.length > 0 || hosts.length !== this.#hosts.length;
    this.#hosts = hosts;
    if (changed) this.stats.membership_change.value++;
    this.#refresh();
    for (const host of removed) {
      this.#outliers?.remove(host);
      host.drain();
    }
    if (changed && this.config.renewOnChange) for (const host of hosts) host.renewConnections();
  }

  #newHost(options: HostOptions): HostImpl {
    const host = new HostImpl(this, options);
    this.#outliers?.add(host);
    return host;
  }

  onHealthChanged(): void {
    // While the hosts are being replaced that is done once, at the end.
    if (!this.#updating) this.#refresh();
  }

  #refresh(): void {
    const { stats } = this;
    const health = this.#hosts.map((host) => coarseHealth(host.healthFlags));
    stats.membership_total.value = health.length;
    stats.membership_healthy.value = health.filter((one) => one === "healthy").length;
    stats.membership_degraded.value = health.filter((one) => one === "degraded").length;
    stats.max_host_weight.value = this.#hosts.reduce((max, host) => Math.max(max, host.weight), 0);
    this.#priorities.update(this.#hosts);
  }

  /** The cluster was removed: it looks for no more hosts, and keeps no connection longer than the response on it lasts. */
  drain(): void {
    this.#draining = true;
    this.#discovery.stop();
    this.#outliers?.stop();
    // Connections that are being made have theirs; files are not followed any more.
    this.#tls?.dispose();
    for (const { tls } of this.#tlsMatches) tls?.dispose();
    for (const host of this.#hosts) host.drain();
  }

  /** Closes all at once; requests that run are told. */
  dispose(): void {
    this.drain();
    for (const host of this.#hosts) host.dispose();
  }
}

function hostKey(address: string, { hostname, priority, region, zone, subZone }: Omit<HostOptions, "address">): string {
  return [address, hostname, priority, region, zone, subZone].join("\0");
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
