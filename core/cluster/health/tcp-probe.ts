import type { TcpUpstream, TcpUpstreamUser } from "../../contract/cluster.ts";
import type { HostImpl } from "../host.ts";
import type { TcpCheck } from "./health-settings.ts";
import type { ProbeContext } from "./http-probe.ts";
import { Received } from "./payload.ts";
import type { Probe } from "./probe.ts";

/** What of an answer is kept. */
const LIMIT = 1024 * 1024;

/** Asks by connecting, and by what is said then. */
export class TcpProbe implements Probe {
  readonly #check: TcpCheck;
  readonly #context: ProbeContext;
  #connection: Dialogue | null = null;

  constructor(check: TcpCheck, context: ProbeContext) {
    this.#check = check;
    this.#context = context;
  }

  check(): void {
    if (this.#connection === null) {
      this.#connection = new Dialogue(this);
      this.#connection.open(this.#context.newHost(this.#context.host));
    } else this.#connection.begin(this.#check.send);
  }

  abort(): void {
    this.#close();
  }

  #close(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }

  /** @internal */
  connected(connection: Dialogue): void {
    if (connection !== this.#connection) return;
    if (this.#check.receive.length > 0) {
      connection.begin(this.#check.send);
      return;
    }
    this.#close();
    this.#context.user.passed(false);
  }

  /** @internal */
  received(connection: Dialogue, received: Received): void {
    if (connection !== this.#connection) return;
    if (received.holds(this.#check.receive)) {
      connection.done();
      if (!this.#context.reuse) this.#close();
      this.#context.user.passed(false);
    } else if (received.full) this.lost(connection);
  }

  /** @internal Whoever closes between two checks has failed too, as in Envoy: it is known early. */
  lost(connection: Dialogue): void {
    if (connection !== this.#connection) return;
    this.#close();
    this.#context.user.failed("NETWORK");
  }
}

/** A connection. */
class Dialogue implements TcpUpstreamUser {
  readonly #probe: TcpProbe;
  #upstream: TcpUpstream | null = null;
  /** null: nobody asks at the moment. */
  #received: Received | null = null;

  constructor(probe: TcpProbe) {
    this.#probe = probe;
  }

  open(host: HostImpl): void {
    this.#upstream = host.newTcpConnection(this);
  }

  begin(send: Uint8Array | null): void {
    this.#received = new Received(LIMIT);
    if (send !== null) this.#upstream?.write(send);
  }

  done(): void {
    this.#received = null;
  }

  close(): void {
    this.#upstream?.close();
    this.#upstream = null;
  }

  onUpstreamConnected(): void {
    this.#probe.connected(this);
  }
  onUpstreamConnectFailure(): void {
    this.#probe.lost(this);
  }
  onUpstreamData(chunk: Buffer): void {
    const received = this.#received;
    if (received === null) return;
    received.add(chunk);
    this.#probe.received(this, received);
  }
  onUpstreamEnd(): void {
    this.#probe.lost(this);
  }
  onUpstreamDrain(): void {}
  onUpstreamClosed(): void {
    this.#probe.lost(this);
  }
}
