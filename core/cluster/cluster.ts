import type { Cluster, Host, LoadBalancerContext } from "../contract/cluster.ts";
import type { StatsScope } from "../contract/stats.ts";
import type { HostShare } from "../contract/trace.ts";
import { addressText } from "./address-text.ts";
import { HostImpl } from "./host.ts";
import type { HostOptions, HostOwner, UpstreamEnvironment, UpstreamOptions } from "./host.ts";
import type { LoadBalancerDefinition, LoadBalancerScope } from "./balancers/load-balancer.ts";
import { CircuitBreaker, shareOf } from "./circuit-breaker.ts";
import { resourceKey } from "../resources/diff.ts";
import type { OutlierDetection } from "../resources/outlier-detection.ts";
import type { DecodeContext, TypedConfig } from "../resources/schema/index.ts";
import { ClusterTls, type ClusterTlsEnvironment } from "../tls/cluster-tls.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { ClusterStatsImpl } from "./cluster-stats.ts";
import { createDiscovery } from "./discovery/discovery.ts";
import type { Discovery } from "./discovery/discovery.ts";
import type { EventLog, OpenEventLog } from "./event-log.ts";
import { HealthChecker } from "./health/health-checker.ts";
import type { HealthSettings } from "./health/health-settings.ts";
import { EXCLUDED_FLAGS, HealthFlag } from "./health-flag.ts";
import { complain } from "./complain.ts";
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
  /** How many processes share the limits of a cluster. Default 1. */
  readonly share?: number;
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
  /** Of the checks; released when they stop. */
  #eventLogs: EventLog[] = [];
  /** null: nobody is checked, or not yet. */
  #checker: HealthChecker | null = null;
  #warm: Promise<void> | null = null;
  #draining = false;
  #updating = false;

  constructor(config: ClusterConfig, environment: ClusterEnvironment) {
    const { share = 1 } = environment;
    const { policy, config: lbConfig } = config.loadBalancing;
    const balancer = environment.balancers.get(policy);
    if (balancer === undefined) throw new RangeError(`cluster "${config.name}": there is no balancer "${policy}"`);
    this.config = config;
    this.name = config.name;
    this.altStatName = config.statName === config.name ? "" : config.statName;
    this.scope = environment.stats.scope("cluster", config.statName, "envoy.cluster_name");
    this.stats = new ClusterStatsImpl(this.scope);
    this.limits = {
      DEFAULT: new CircuitBreaker(shareOf(config.thresholds.DEFAULT, share), this.scope, "default"),
      HIGH: new CircuitBreaker(shareOf(config.thresholds.HIGH, share), this.scope, "high"),
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

  /** Opens the files that health checks are told in; false after mistakes, which the context has. */
  openEventLogs(open: OpenEventLog, context: DecodeContext): boolean {
    for (const { path, about } of this.config.health?.logs ?? []) {
      try {
        this.#eventLogs.push(open(path));
      } catch (error) {
        complain(
          context,
          about,
          "invalid_value",
          `can't open the event log: ${error instanceof Error ? error.message : String(error)}`,
        );
        return false;
      }
    }
    return true;
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

  /**
   * Finds the hosts and keeps finding them, and checks their health. Fulfilled when each name was asked for once, whatever came of it, and each host that is
   * there then was checked once. Never rejected. @param checks false: nobody is asked for its health; all hosts count as well.
   */
  async warm(checks = true): Promise<void> {
    if (this.#warm === null) {
      if (checks && this.config.health !== undefined) this.#checker = this.#newChecker(this.config.health);
      this.#warm = this.#discovery.start();
    }
    if (this.config.waitForWarm) await this.#warm;
    await this.#checker?.firstRound();
  }

  #newChecker(settings: HealthSettings): HealthChecker {
    const { name, scope, upstream, environment, stats } = this;
    const checked = {
      name,
      scope,
      upstream,
      environment,
      random: environment.random,
      tlsFor: (metadata: Readonly<Record<string, unknown>> | undefined) => this.tlsFor(metadata),
      hadTraffic: () => stats.upstream_cx_total.value > 0,
      onHealthChecked: (host: HostImpl, well: boolean, changed: boolean) => this.#checked(host, well, changed),
    };
    const logs = this.#eventLogs;
    this.#eventLogs = [];
    return new HealthChecker(settings, checked, logs);
  }

  /** A check of a host has ended. */
  #checked(host: HostImpl, well: boolean, changed: boolean): void {
    const { healthFlags } = host;
    const failed = (healthFlags & HealthFlag.FAILED_ACTIVE_HC) !== 0;
    if (well && !failed) this.#outliers?.onHealthCheckPassed(host);
    if (!failed || !changed) return;
    // Discovery had dropped it; only its checks kept it.
    if ((healthFlags & HealthFlag.PENDING_DYNAMIC_REMOVAL) !== 0) this.#replace(this.#hosts.filter((other) => other !== host));
    else this.#failed(host);
  }

  /** Whether hosts are used that discovery has dropped: as long as their checks pass. */
  #outlives(host: HostImpl): boolean {
    if (this.config.ignoreHealthOnRemoval || this.#checker === null || !this.#checker.has(host)) return false;
    return (host.healthFlags & (HealthFlag.FAILED_ACTIVE_HC | HealthFlag.FAILED_EDS_HEALTH)) === 0;
  }

  /**
   * Replaces the hosts. One that stays, by address, name and priority, keeps its connections and counters; one that left drains, unless health checks
   * say that it is well: it stays until they fail.
   */
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
      host.setHealthFlag(HealthFlag.PENDING_DYNAMIC_REMOVAL, false);
      return host;
    });
    if (this.#checker !== null) {
      const addresses = new Set(hosts.map((host) => host.address));
      for (const host of [...before.values()].flat()) {
        if (addresses.has(host.address) || !this.#outlives(host)) continue;
        host.setHealthFlag(HealthFlag.PENDING_DYNAMIC_REMOVAL, true);
        hosts.push(host);
      }
    }
    this.#updating = false;
    this.#replace(hosts);
  }

  #replace(hosts: HostImpl[]): void {
    const stay = new Set(hosts);
    const before = new Set(this.#hosts);
    const removed = this.#hosts.filter((host) => !stay.has(host));
    const changed = removed.length > 0 || hosts.length !== this.#hosts.length;
    this.#hosts = hosts;
    if (changed) this.stats.membership_change.value++;
    this.#refresh();
    for (const host of removed) {
      this.#outliers?.remove(host);
      this.#checker?.remove(host);
      host.drain();
    }
    if (this.#checker !== null) {
      for (const host of hosts) if (!before.has(host) && host.healthTarget?.disabled !== true) this.#checker.add(host);
    }
    if (changed && this.config.renewOnChange) for (const host of hosts) host.renewConnections();
  }

  #newHost(options: HostOptions): HostImpl {
    const host = new HostImpl(this, options);
    if (this.#checker !== null && options.healthTarget?.disabled !== true) {
      // It has yet to pass.
      host.changeHealth(HealthFlag.FAILED_ACTIVE_HC | (this.config.ignoreNewHosts ? HealthFlag.PENDING_ACTIVE_HC : 0), 0);
    }
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
    stats.membership_excluded.value = this.#hosts.filter((host) => (host.healthFlags & EXCLUDED_FLAGS) !== 0).length;
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
    this.#checker?.stop();
    for (const log of this.#eventLogs.splice(0)) log.release();
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

function hostKey(address: string, options: Omit<HostOptions, "address">): string {
  const { hostname, priority, region, zone, subZone, healthTarget } = options;
  const target = healthTarget === undefined ? "" : JSON.stringify(healthTarget);
  return [address, hostname, priority, region, zone, subZone, target].join("\0");
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
