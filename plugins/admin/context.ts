import type { Logger } from "../../core/contract/filter.ts";
import type { Loggers } from "../../core/observe/logger.ts";
import type { StatsStore } from "../../core/observe/stats-store.ts";
import type { JsonObject } from "../../core/resources/document/scalar.ts";

/** States of a server, as `/ready` and `/server_info` name them. */
export type ServerState = "LIVE" | "DRAINING" | "PRE_INITIALIZING" | "INITIALIZING";

/** What the admin pages know and can do. The assembly fills it. */
export interface AdminContext {
  /** `allow_paths`: whether a path is answered; undefined: all are. */
  allows?: (path: string) => boolean;
  /** All series; with several workers the merged ones. */
  stats(): StatsStore;
  readonly loggers: Loggers;
  readonly log: Logger;
  state(): ServerState;
  serverInfo(): ServerInfo;
  /** Active clusters. */
  clusters(): readonly AdminCluster[];
  listeners(): readonly AdminListener[];
  configDump(): ConfigDumpSource;
  runtime(): RuntimeDump;
  certificates(): readonly JsonObject[];
  /** `/explain`: how a request would be decided about, as JSON, or a sentence that says what is wrong with the question. Counts nothing. */
  explain(ask: unknown): object | string;
  memory(): MemoryInfo;
  /** `/drain_listeners`. Returns at once. */
  drain(options: DrainOptions): void;
  /** `/quitquitquit`. Returns at once; the answer still goes out. */
  quit(): void;
  /** `/healthcheck/fail` and `/healthcheck/ok`: what `state()` and the health-check filter say from now on. */
  setHealthy(healthy: boolean): void;
  reopenLogs(): void;
  /** `/reset_counters`: with several workers in all of them. */
  resetCounters(): void;
  /** Brings what pages show up to date before one is made: what other processes count. Absent: it always is. */
  refresh?: () => Promise<void>;
  /** A page that changes something was answered: other processes do the same. */
  forward?: (method: string, path: string, body: string) => void;
  /** Sets runtime values (`/runtime_modify`); undefined when the bootstrap has no admin layer. */
  modifyRuntime?: (values: ReadonlyMap<string, string>) => void;
}

/** How `/drain_listeners` was asked to drain. */
export interface DrainOptions {
  /** Close the listeners after the drain time, with each response ending its connection until then. */
  readonly graceful: boolean;
  /** Only listeners whose traffic direction is inbound. */
  readonly inboundOnly: boolean;
  /** Drain connections, but go on listening. */
  readonly skipExit: boolean;
}

/** What `/server_info` shows. */
export interface ServerInfo {
  /** "isthmus/0.1.0" and the like. */
  readonly version: string;
  /** ms. */
  readonly uptime: number;
  readonly node: JsonObject;
  readonly commandLineOptions: JsonObject;
}

/** A cluster as `/clusters` shows it. A run-time cluster of `core/cluster` fits. */
export interface AdminCluster {
  readonly name: string;
  readonly altStatName: string;
  readonly limits: { readonly DEFAULT: AdminLimits; readonly HIGH: AdminLimits };
  readonly hosts: readonly AdminHost[];
  /** Came over CDS. Default false. */
  readonly addedViaApi?: boolean;
  /** Success rates of outlier detection in percent, -1: not known. Null or absent: it is not configured. */
  readonly outlierBounds?: { readonly external: AdminSuccessRate; readonly local: AdminSuccessRate } | null;
}

/** Mean of the hosts, and where ejection begins. */
export interface AdminSuccessRate {
  readonly average: number;
  readonly threshold: number;
}

/** Limits of one priority, as `/clusters` shows them. */
export interface AdminLimits {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
}

/** An endpoint as `/clusters` shows it. A host of `core/cluster` fits. */
export interface AdminHost {
  readonly address: string;
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  /** Bits of `HealthFlag`. */
  readonly healthFlags: number;
  readonly pendingRequests: number;
  /** Percent; -1: not known. */
  readonly successRate: number;
  readonly localOriginSuccessRate: number;
  readonly stats: AdminHostStats;
}

/** An endpoint's counters, as `/clusters` shows them. */
export interface AdminHostStats {
  readonly cx_active: number;
  readonly cx_connect_fail: number;
  readonly cx_total: number;
  readonly rq_active: number;
  readonly rq_error: number;
  readonly rq_success: number;
  readonly rq_timeout: number;
  readonly rq_total: number;
}

/** A listener, as `/listeners` shows it. */
export interface AdminListener {
  readonly name: string;
  /** An IP, or a path when `port` is 0 and the address starts with a slash. */
  readonly address: string;
  readonly port: number;
}

/**
 * The configuration in force, as it was written or received (proto3 JSON, snake_case or camelCase). The dump makes the names snake_case,
 * takes secrets out and puts Envoy's frame around it.
 */
export interface ConfigDumpSource {
  readonly bootstrap: JsonObject;
  /** When the bootstrap was read: ms since the epoch. */
  readonly lastUpdated: number;
  readonly clusters: readonly ConfigEntry[];
  readonly listeners: readonly ConfigEntry[];
  readonly routes: readonly ConfigEntry[];
  /** Shown with `include_eds`. */
  readonly endpoints: readonly ConfigEntry[];
  readonly secrets: readonly ConfigEntry[];
}

/** A resource, as `/config_dump` shows it. */
export interface ConfigEntry {
  readonly name: string;
  readonly resource: JsonObject;
  /** ms since the epoch. */
  readonly lastUpdated: number;
  /** Set for what came over xDS, and what version it had. */
  readonly version?: string;
  /** "active" (default) or "warming". */
  readonly status?: "active" | "warming";
}

/** `layered_runtime`: layers in their order, and what each says of a key ("" when nothing). */
export interface RuntimeDump {
  readonly layers: readonly string[];
  readonly entries: ReadonlyArray<{ readonly key: string; readonly layerValues: readonly string[]; readonly finalValue: string }>;
}

/** Bytes. */
export interface MemoryInfo {
  readonly allocated: number;
  readonly heapSize: number;
  readonly physical: number;
}
