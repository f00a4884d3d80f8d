import type { PendingStream, UpstreamRequest } from "../../contract/cluster.ts";
import type { ConnectionPool } from "./connection-pool.ts";

/** A request that waits for a connection: a node of its pool's queue. */
export class PendingRequest implements PendingStream {
  /** null when it no longer waits. */
  request: UpstreamRequest | null;
  pool: ConnectionPool | null;
  next: PendingRequest | null;
  prev: PendingRequest | null;

  constructor(request: UpstreamRequest, pool: ConnectionPool) {
    this.request = request;
    this.pool = pool;
    this.next = null;
    this.prev = null;
  }

  cancel(): void {
    this.pool?.cancel(this);
  }
}
