import type { Cluster, TcpUpstream, TcpUpstreamUser } from "../../../core/contract/cluster.ts";
import type { ResetReason } from "../../../core/contract/error.ts";
import { ResponseFlag } from "../../../core/contract/response-flags.ts";
import type { ConnectionOwner, ServedConnection } from "../../../core/server/accept/served-connection.ts";
import { downstreamTls } from "../../../core/tls/downstream-tls.ts";
import { ConnectionInfo, KnownConnection } from "../../../core/stream/connection-info.ts";
import { clock } from "../../../core/transport/clock.ts";
import type { Connection, ConnectionHandler } from "../../../core/transport/connection.ts";
import { Timer, type TimerOwner, timers } from "../../../core/transport/timers.ts";
import type { TcpProxySettings } from "./tcp-proxy-settings.ts";

/** Filter state by which another filter chooses the cluster. */
export const CLUSTER_STATE = "envoy.tcp_proxy.cluster";

const IDLE = 0;
const DURATION = 1;
const LOG = 2;

/** A proxied connection: the client's on one side, a host's on the other. Bytes that come are written at once; who can't write stops the other's reading. */
export class TcpProxyConnection implements ConnectionHandler, TcpUpstreamUser, ServedConnection, TimerOwner {
  readonly #client: Connection;
  readonly #settings: TcpProxySettings;
  readonly #owner: ConnectionOwner;
  readonly #openedAt: number;
  readonly #idle: Timer;
  #durationTimer: Timer | null;
  #logTimer: Timer | null;
  /** null: nobody logs. */
  readonly #info: ConnectionInfo | null;
  #cluster: Cluster | null;
  #upstream: TcpUpstream | null;
  #connected: boolean;
  #attempts: number;
  /** What the client sent before there was an upstream. */
  #early: Buffer | null;
  #clientEnded: boolean;
  /** The client's connection is closed, or about to be. */
  #closed: boolean;
  #flushing: boolean;

  /** Begins with `begin()`. */
  constructor(client: Connection, settings: TcpProxySettings, owner: ConnectionOwner) {
    this.#client = client;
    this.#settings = settings;
    this.#owner = owner;
    this.#openedAt = clock.now();
    this.#idle = new Timer(this, IDLE);
    this.#durationTimer = null;
    this.#logTimer = null;
    this.#info =
      settings.accessLogs.length === 0
        ? null
        : new ConnectionInfo(
            new KnownConnection(client, client.tls === null ? null : downstreamTls(client.tls)),
            settings.listenerName,
            settings.filterChainName,
            "TcpConnectionEnd",
          );
    this.#cluster = null;
    this.#upstream = null;
    this.#connected = false;
    this.#attempts = 0;
    this.#early = null;
    this.#clientEnded = false;
    this.#closed = false;
    this.#flushing = false;
    client.handler = this;
    client.setWatermark(settings.bufferLimit);
    settings.stats.downstream_cx_total.value++;
    settings.occupancy.enter();
  }

  /** Chooses a cluster and connects. @param read what was read from the client already. */
  begin(read: Buffer | null): void {
    const { maxDuration, stats } = this.#settings;
    if (read !== null) this.onData(read);
    if (maxDuration > 0) {
      this.#durationTimer = new Timer(this, DURATION);
      timers.arm(this.#durationTimer, maxDuration);
    }
    const chosen = this.#client.facts?.filterState?.[CLUSTER_STATE];
    const name = typeof chosen === "string" && chosen !== "" ? chosen : this.#settings.nextCluster();
    const cluster = this.#settings.clusters.get(name);
    if (this.#info !== null) this.#info.upstreamCluster = name;
    if (cluster === undefined) {
      stats.downstream_cx_no_route.value++;
      this.#refuse(ResponseFlag.NoClusterFound);
      return;
    }
    this.#cluster = cluster;
    this.#connect(cluster);
  }

  #connect(cluster: Cluster): void {
    const info = this.#info;
    if (this.#attempts >= this.#settings.maxConnectAttempts) {
      cluster.stats.upstream_cx_connect_attempts_exceeded.value++;
      this.#refuse(ResponseFlag.UpstreamRetryLimitExceeded);
      return;
    }
    // As in Envoy, the breaker is asked before a host is looked for.
    const { DEFAULT: limits } = cluster.limits;
    if (limits.connections >= limits.maxConnections) {
      cluster.stats.upstream_cx_overflow.value++;
      this.#refuse(ResponseFlag.UpstreamOverflow);
      return;
    }
    const host = cluster.pick(null);
    if (host === null) {
      cluster.stats.upstream_cx_none_healthy.value++;
      this.#refuse(ResponseFlag.NoHealthyUpstream);
      return;
    }
    this.#attempts++;
    if (info !== null) {
      info.upstreamHost = host;
      info.attemptCount = this.#attempts;
    }
    this.#upstream = host.newTcpConnection(this);
    if (this.#upstream === null) this.#refuse(ResponseFlag.UpstreamOverflow);
  }

  /** There will be no upstream. */
  #refuse(flag: number): void {
    if (this.#info !== null) this.#info.responseFlags |= flag;
    this.#closed = true;
    this.#client.destroy();
  }

  // --- The client -------------------------------------------------------------------------------------------------------

  onData(chunk: Buffer): void {
    const { stats } = this.#settings;
    stats.downstream_cx_rx_bytes_total.value += chunk.length;
    if (this.#closed) return;
    const upstream = this.#upstream;
    if (upstream === null || !this.#connected) {
      this.#early = this.#early === null ? chunk : Buffer.concat([this.#early, chunk]);
      this.#client.pause();
      return;
    }
    this.#touch();
    if (upstream.write(chunk) || this.#client.paused) return;
    stats.downstream_flow_control_paused_reading_total.value++;
    this.#client.pause();
  }

  onEnd(): void {
    this.#clientEnded = true;
    if (this.#connected) this.#upstream?.end();
  }

  onDrain(): void {
    this.#upstream?.resume();
  }

  onClose(error: Error | null): void {
    const { stats, occupancy } = this.#settings;
    const upstream = this.#upstream;
    this.#closed = true;
    if (this.#durationTimer !== null) timers.disarm(this.#durationTimer);
    if (this.#logTimer !== null) timers.disarm(this.#logTimer);
    if (upstream !== null && error === null && this.#connected && this.#clientEnded) {
      // Both ended in order, and what the client has sent may still be on its way.
      if (upstream.buffered > 0) {
        this.#flushing = true;
        stats.upstream_flush_total.value++;
        stats.upstream_flush_active.value++;
      }
    } else {
      this.#upstream = null;
      timers.disarm(this.#idle);
      if (error === null) upstream?.close();
      else upstream?.reset();
    }
    this.#logEnd();
    this.#owner.closed(this, this.#openedAt);
    occupancy.leave();
  }

  // --- The upstream -----------------------------------------------------------------------------------------------------

  onUpstreamConnected(): void {
    const upstream = this.#upstream;
    const { idleTimeout, logsOnConnected, logInterval } = this.#settings;
    this.#connected = true;
    if (upstream === null) return;
    const info = this.#info;
    if (info !== null) {
      info.upstreamLocalAddress = upstream.localAddress;
      info.upstreamStartTime = clock.now();
      if (logsOnConnected) this.#write(info, "TcpUpstreamConnected");
      if (logInterval > 0) {
        this.#logTimer = new Timer(this, LOG);
        timers.arm(this.#logTimer, logInterval);
      }
    }
    if (idleTimeout > 0) timers.arm(this.#idle, idleTimeout);
    upstream.lendReads(this.#client, this.#settings.bufferLimit);
    const early = this.#early;
    this.#early = null;
    if (early === null || upstream.write(early)) this.#client.resume();
    else this.#settings.stats.downstream_flow_control_paused_reading_total.value++;
    if (this.#clientEnded) upstream.end();
  }

  onUpstreamConnectFailure(_reason: ResetReason, details: string): void {
    this.#upstream = null;
    if (this.#closed) return;
    const info = this.#info;
    if (info !== null) {
      info.responseFlags |= ResponseFlag.UpstreamConnectionFailure;
      info.upstreamTransportFailure = details;
    }
    if (this.#cluster !== null) this.#connect(this.#cluster);
  }

  onUpstreamData(chunk: Buffer): void {
    if (this.#closed) return;
    this.#settings.stats.downstream_cx_tx_bytes_total.value += chunk.length;
    this.#touch();
    if (!this.#client.writeBytes(chunk)) this.#upstream?.pause();
  }

  onUpstreamEnd(): void {
    if (!this.#closed) this.#client.end();
  }

  onUpstreamDrain(): void {
    if (this.#closed || !this.#client.paused) return;
    this.#settings.stats.downstream_flow_control_resumed_reading_total.value++;
    this.#client.resume();
  }

  onUpstreamClosed(whole: boolean): void {
    this.#upstream = null;
    timers.disarm(this.#idle);
    if (this.#flushing) {
      this.#flushing = false;
      this.#settings.stats.upstream_flush_active.value--;
    }
    if (this.#closed || whole) return;
    // The client must not take what it got for all there is.
    this.#closed = true;
    this.#client.reset();
  }

  // --- The listener -----------------------------------------------------------------------------------------------------

  /** Nobody but the two ends knows when a connection is idle: it may last until the drain time is over. */
  drain(): void {}
  drainWhenIdle(): void {}

  destroy(): void {
    this.#closed = true;
    this.#client.destroy();
  }

  // --- Timers and the log -----------------------------------------------------------------------------------------------

  #touch(): void {
    const { idleTimeout } = this.#settings;
    if (idleTimeout > 0) timers.touch(this.#idle, idleTimeout);
  }

  onTimer(timer: Timer): void {
    const { stats, logInterval } = this.#settings;
    if (timer.tag === LOG) {
      timers.arm(timer, logInterval);
      if (this.#info !== null) this.#write(this.#info, "TcpPeriodic");
      return;
    }
    if (timer.tag === IDLE) {
      stats.idle_timeout.value++;
      // Only the rest of what the client had sent was left.
      if (this.#flushing) {
        const upstream = this.#upstream;
        this.onUpstreamClosed(true);
        upstream?.close();
        return;
      }
    } else {
      stats.max_downstream_connection_duration.value++;
      if (this.#info !== null) this.#info.responseFlags |= ResponseFlag.DurationTimeout;
    }
    this.destroy();
  }

  #logEnd(): void {
    const info = this.#info;
    if (info === null) return;
    const { facts } = this.#client;
    if (facts !== null) {
      info.dynamicMetadata = facts.metadata;
      info.filterState = facts.filterState;
    }
    this.#write(info, "TcpConnectionEnd");
  }

  #write(info: ConnectionInfo, type: string): void {
    info.accessLogType = type;
    info.endTime = clock.now();
    info.bytesReceived = this.#client.bytesRead;
    info.bytesSent = this.#client.bytesWritten;
    for (const log of this.#settings.accessLogs) {
      try {
        log.log(info);
      } catch (error) {
        this.#settings.log.error(`access log: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
