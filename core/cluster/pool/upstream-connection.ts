import type { UpstreamRequest } from "../../contract/cluster.ts";
import type { ResetReason } from "../../contract/error.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { CLOSED, PooledConnection } from "./pooled-connection.ts";

export { BUSY, CLOSED, IDLE, TUNNEL } from "./pooled-connection.ts";

/** A connection of a pool that carries one request at a time. */
export abstract class UpstreamConnection extends PooledConnection {
  /** What it carries. */
  protected request: UpstreamRequest | null;
  /** The response has begun: a final head was seen. */
  protected responding: boolean;

  constructor(pool: ConnectionPool) {
    super(pool);
    this.request = null;
    this.responding = false;
  }

  /** A request has just been set: it begins. */
  protected abstract begin(request: UpstreamRequest): void;
  /** Whether the exchange that it carries is whole, both ways. */
  protected abstract get exchanged(): boolean;
  /** Lets go of what belonged to the request. */
  protected abstract forget(): void;

  attach(request: UpstreamRequest): void {
    this.request = request;
    this.responding = false;
    this.countRequest();
    this.begin(request);
  }

  protected terminateAll(): void {
    this.terminate(false, "local_reset", "");
  }

  /** The request is no longer ours. */
  protected endStream(): void {
    this.request = null;
    this.forget();
    this.countEnd();
  }

  /**
   * The end, once. @param remote whether the peer closed. @param reason what a request that it carries is told; "": nothing.
   */
  protected terminate(remote: boolean, reason: ResetReason | "", details: string): void {
    if (this.state === CLOSED) return;
    const request = this.request;
    this.release(remote, request !== null && (reason !== "" || !this.exchanged));
    if (request !== null) this.endStream();
    this.pool.closed(this);
    if (request === null || reason === "") return;
    this.countLoss(this.responding);
    request.onUpstreamReset(reason, details);
  }
}
