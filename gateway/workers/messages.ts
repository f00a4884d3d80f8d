import type { LogLevel } from "../../core/observe/logger.ts";
import type { StatsData } from "../../core/observe/stats-merge.ts";
import type { AdminHostStats } from "../../plugins/admin/context.ts";
import type { GatewayArguments } from "../arguments.ts";
import type { ConfigTree } from "../config-files.ts";

// What a supervisor and its workers say to each other, over the channel that the runtime keeps between a process and its child.

/** A configuration as the supervisor read it: all workers build the same, whatever is in the files by then. */
export interface Sources {
  readonly tree: ConfigTree;
  readonly texts: ReadonlyMap<string, string>;
}

/** The first message: whose worker it is. */
export interface StartMessage {
  readonly type: "start";
  readonly args: GatewayArguments;
  readonly logLevel: LogLevel;
  /** The bootstrap itself (`--to`). */
  readonly text: string | undefined;
  /** How many workers share the limits. */
  readonly workers: number;
}

/** Build this and be ready to serve it, but do not serve it yet. Answered with `prepared` or `refused`. */
export interface PrepareMessage {
  readonly type: "prepare";
  readonly id: number;
  readonly sources: Sources;
}

/** Comes with a handle: the socket at this key is the worker's too. */
export interface SocketMessage {
  readonly type: "socket";
  readonly key: string;
}

/** Serve what was prepared; answered with `live`. Or forget it. */
export interface DecideMessage {
  readonly type: "commit" | "abort";
  readonly id: number;
}

/** A page of the admin port that changes something, for the worker to do the same. */
export interface AdminMessage {
  readonly type: "admin";
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Tell what you count; answered with `report`. */
export interface AskMessage {
  readonly type: "ask";
  readonly id: number;
}

/** Finish what runs, and end. */
export interface StopMessage {
  readonly type: "stop" | "reopen";
}

export type ToWorker = StartMessage | PrepareMessage | SocketMessage | DecideMessage | AdminMessage | AskMessage | StopMessage;

/** What a worker counts for an endpoint. */
export interface HostReport {
  readonly address: string;
  readonly pendingRequests: number;
  /** Bits of `HealthFlag`. */
  readonly healthFlags: number;
  readonly stats: AdminHostStats;
}

/** What a worker counts. */
export interface Report {
  readonly stats: StatsData;
  readonly clusters: ReadonlyArray<{ readonly name: string; readonly hosts: readonly HostReport[] }>;
  readonly memory: { readonly allocated: number; readonly heapSize: number; readonly physical: number };
}

export type FromWorker =
  | { readonly type: "prepared" | "live"; readonly id: number }
  | { readonly type: "refused"; readonly id: number; readonly message: string }
  | { readonly type: "report"; readonly id: number; readonly report: Report };
