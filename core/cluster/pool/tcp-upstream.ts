import type { LendingConnection, TcpUpstream, TcpUpstreamUser } from "../../contract/cluster.ts";
import type { Connection, ConnectionHandler } from "../../transport/base-connection.ts";
import { Timer, type TimerOwner } from "../../transport/timers.ts";
import { addressText } from "../address-text.ts";
import type { HostImpl } from "../host.ts";
import { connectFailureDetails } from "./failure-details.ts";

/** A plain TCP connection to a host: made for one user, never pooled. It is counted, and gives back what it counted when it is closed. */
export class TcpUpstreamConnection implements ConnectionHandler, TcpUpstream, TimerOwner {
  readonly host: HostImpl;
  readonly #timer: Timer;
  #user: TcpUpstreamUser | null;
  #connection: Connection | null;
  #connected: boolean;
  #blocked: boolean;
  #openedAt: number;
  /** Both sides have sent their FIN: that the connection closes now is in order. */
  #readEnded: boolean;
  #writeEnded: boolean;

  /** Connects with `open()`. */
  constructor(host: HostImpl, user: TcpUpstreamUser) {
    this.host = host;
    this.#timer = new Timer(this);
    this.#user = user;
    this.#connection = null;
    this.#connected = false;
    this.#blocked = false;
    this.#openedAt = 0;
    this.#readEnded = false;
    this.#writeEnded = false;
  }

  /** Connects, unless the cluster has as many connections as it may: then false, and nobody is told. */
  open(): boolean {
    const { owner, stats } = this.host;
    const { environment, upstream } = owner;
    const limits = owner.limits.DEFAULT;
    if (limits.connections >= limits.maxConnections) {
      owner.stats.upstream_cx_overflow.value++;
      this.#user = null;
      return false;
    }
    limits.connections++;
    stats.cx_total++;
    stats.cx_active++;
    owner.stats.upstream_cx_total.value++;
    owner.stats.upstream_cx_active.value++;
    (this.host.tcpConnections ??= new Set()).add(this);
    this.#openedAt = environment.clock.now();
    environment.timers.arm(this.#timer, upstream.connectTimeout);
    this.#connection = this.host.connect("", this);
    this.#connection.setWatermark(upstream.bufferLimit);
    return true;
  }

  get localAddress(): string {
    const connection = this.#connection;
    return connection === null || connection.localAddress === ""
      ? ""
      : addressText({ host: connection.localAddress, port: connection.localPort });
  }

  get buffered(): number {
    return this.#connection?.buffered ?? 0;
  }

  write(chunk: Uint8Array): boolean {
    const connection = this.#connection;
    if (connection === null) return true;
    const { stats } = this.host.owner;
    stats.upstream_cx_tx_bytes_total.value += chunk.length;
    if (connection.writeBytes(chunk)) return true;
    if (!this.#blocked) {
      this.#blocked = true;
      stats.upstream_flow_control_backed_up_total.value++;
    }
    return false;
  }

  lendReads(client: LendingConnection, limit: number): void {
    const connection = this.#connection;
    if (connection === null) return;
    const most = Math.min(limit, this.host.owner.upstream.bufferLimit);
    // TLS has buffers of its own, and its writes are never out at once.
    if (client.tls !== null || !connection.lendReads(most)) return;
    client.lendReads(most);
    client.setWatermark(0);
    connection.setWatermark(0);
  }

  end(): void {
    this.#writeEnded = true;
    this.#connection?.end();
  }

  pause(): void {
    const connection = this.#connection;
    if (connection === null || connection.paused) return;
    this.host.owner.stats.upstream_flow_control_paused_reading_total.value++;
    connection.pause();
  }

  resume(): void {
    const connection = this.#connection;
    if (connection === null || !connection.paused) return;
    this.host.owner.stats.upstream_flow_control_resumed_reading_total.value++;
    connection.resume();
  }

  close(): void {
    this.#user = null;
    this.#connection?.destroy();
    this.#release(false);
  }

  reset(): void {
    this.#user = null;
    this.#connection?.reset();
    this.#release(false);
  }

  /** The cluster is gone. The user is told. */
  dispose(): void {
    const user = this.#user;
    const connected = this.#connected;
    this.close();
    if (connected) user?.onUpstreamClosed(false, "");
    else user?.onUpstreamConnectFailure("connection_failure", "the cluster was removed");
  }

  // --- What the transport and the timer call ----------------------------------------------------------------------------

  onConnect(): void {
    const { owner, stats } = this.host;
    this.#connected = true;
    this.host.connected(this.#connection);
    owner.environment.timers.disarm(this.#timer);
    owner.stats.upstream_cx_connect_ms.record(owner.environment.clock.now() - this.#openedAt);
    stats.rq_total++;
    stats.rq_active++;
    owner.stats.upstream_rq_total.value++;
    owner.stats.upstream_rq_active.value++;
    owner.limits.DEFAULT.requests++;
    if (this.host.monitor !== null) this.host.monitor.onLocalOrigin("connect_success_final");
    this.#user?.onUpstreamConnected();
  }

  onData(chunk: Buffer): void {
    this.host.owner.stats.upstream_cx_rx_bytes_total.value += chunk.length;
    this.#user?.onUpstreamData(chunk);
  }

  onEnd(): void {
    this.#readEnded = true;
    this.#user?.onUpstreamEnd();
  }

  onDrain(): void {
    if (this.#blocked) {
      this.#blocked = false;
      this.host.owner.stats.upstream_flow_control_drained_total.value++;
    }
    this.#user?.onUpstreamDrain();
  }

  onClose(error: Error | null): void {
    const user = this.#user;
    if (this.#connection === null) return;
    this.#user = null;
    this.#release(true);
    if (user === null) return;
    if (this.#connected) {
      user.onUpstreamClosed(error === null && this.#readEnded && this.#writeEnded, connectFailureDetails(error));
      return;
    }
    this.host.connectFailed(error);
    this.#countFailure("failed");
    user.onUpstreamConnectFailure("connection_failure", connectFailureDetails(error));
  }

  onTimer(): void {
    const user = this.#user;
    this.host.owner.stats.upstream_cx_connect_timeout.value++;
    this.close();
    this.#countFailure("timeout");
    user?.onUpstreamConnectFailure("connection_timeout", "");
  }

  #countFailure(event: "failed" | "timeout"): void {
    this.host.stats.rq_error++;
    if (this.host.monitor !== null) this.host.monitor.onLocalOrigin(event);
  }

  /** Gives everything back, once. */
  #release(remote: boolean): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#connection = null;
    const { owner, stats } = this.host;
    const counters = owner.stats;
    owner.environment.timers.disarm(this.#timer);
    this.host.tcpConnections?.delete(this);
    stats.cx_active--;
    owner.limits.DEFAULT.connections--;
    counters.upstream_cx_active.value--;
    counters.upstream_cx_destroy.value++;
    (remote ? counters.upstream_cx_destroy_remote : counters.upstream_cx_destroy_local).value++;
    if (!this.#connected) {
      stats.cx_connect_fail++;
      counters.upstream_cx_connect_fail.value++;
      return;
    }
    counters.upstream_cx_length_ms.record(owner.environment.clock.now() - this.#openedAt);
    stats.rq_active--;
    counters.upstream_rq_active.value--;
    owner.limits.DEFAULT.requests--;
    if (this.#readEnded && this.#writeEnded) return;
    counters.upstream_cx_destroy_with_active_rq.value++;
    (remote ? counters.upstream_cx_destroy_remote_with_active_rq : counters.upstream_cx_destroy_local_with_active_rq).value++;
  }
}
