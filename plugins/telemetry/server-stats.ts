import type { Gauge, Histogram, StatsScope } from "../../core/contract/stats.ts";

/** What the server is and uses at the moment. */
export interface ServerSnapshot {
  readonly state: "LIVE" | "DRAINING" | "PRE_INITIALIZING" | "INITIALIZING";
  /** ms. */
  readonly uptime: number;
  /** Open downstream connections. */
  readonly connections: number;
  /** Worker processes. */
  readonly concurrency: number;
  /** Bytes. */
  readonly memoryAllocated: number;
  readonly memoryHeapSize: number;
  readonly memoryPhysicalSize: number;
}

/** Envoy's `server.state`: numbers of `admin.v3.ServerInfo.State`. */
const STATES: Readonly<Record<ServerSnapshot["state"], number>> = { LIVE: 0, DRAINING: 1, PRE_INITIALIZING: 2, INITIALIZING: 3 };

/** What Envoy says when no certificate is in use. */
const NO_CERTIFICATE = 0xffff_ffff;

/** The gauges below `server.` ("Server", Envoy's statistics). `update` is called before each flush, and before a page shows them. */
export class ServerStats {
  readonly #live: Gauge;
  readonly #state: Gauge;
  readonly #uptime: Gauge;
  readonly #connections: Gauge;
  readonly #concurrency: Gauge;
  readonly #allocated: Gauge;
  readonly #heap: Gauge;
  readonly #physical: Gauge;
  readonly #daysUntilExpiry: Gauge;
  readonly #initialization: Histogram;

  constructor(root: StatsScope) {
    const scope = root.scope("server");
    this.#live = scope.gauge("live");
    this.#state = scope.gauge("state");
    this.#uptime = scope.gauge("uptime");
    this.#connections = scope.gauge("total_connections");
    this.#concurrency = scope.gauge("concurrency");
    this.#allocated = scope.gauge("memory_allocated");
    this.#heap = scope.gauge("memory_heap_size");
    this.#physical = scope.gauge("memory_physical_size");
    this.#daysUntilExpiry = scope.gauge("days_until_first_cert_expiring");
    this.#daysUntilExpiry.value = NO_CERTIFICATE;
    this.#initialization = scope.histogram("initialization_time_ms");
  }

  /** The server has begun to serve, `ms` after its start. Once. */
  initialized(ms: number): void {
    this.#initialization.record(ms);
  }

  update(now: ServerSnapshot): void {
    this.#live.value = now.state === "LIVE" ? 1 : 0;
    this.#state.value = STATES[now.state];
    this.#uptime.value = Math.floor(now.uptime / 1000);
    this.#connections.value = now.connections;
    this.#concurrency.value = now.concurrency;
    this.#allocated.value = now.memoryAllocated;
    this.#heap.value = now.memoryHeapSize;
    this.#physical.value = now.memoryPhysicalSize;
  }
}
