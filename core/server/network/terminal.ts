import type { AccessLog, ExtensionStatus, FilterScope, ResourceSchema, SecurityPosture } from "../../contract/filter.ts";
import type { AccessLog as AccessLogResource } from "../../resources/accesslog.ts";
import type { Connection } from "../../transport/connection.ts";
import type { Occupancy } from "../accept/occupancy.ts";
import type { ConnectionOwner, ServedConnection } from "../accept/served-connection.ts";

/** What serves the connections of a chain, at its end: a TCP proxy. Built once for a configuration. */
export interface NetworkTerminal {
  /**
   * Takes a connection over. Its handler is set before this returns; `read` is what was read from it already (null: nothing). When it is over
   * the owner is told, once.
   */
  serve(connection: Connection, read: Buffer | null, owner: ConnectionOwner): ServedConnection;
  /** The configuration is gone and no connection uses it any more. */
  dispose?(): void;
}

/** What a terminal is built with. */
export interface TerminalScope extends FilterScope {
  readonly listenerName: string;
  readonly filterChainName: string;
  /** To be entered and left by each connection: the terminal is disposed of when nobody is in. */
  readonly occupancy: Occupancy;
  /** Bytes held for a connection in each direction: `per_connection_buffer_limit_bytes`. */
  readonly bufferLimit: number;
  /** Undefined after mistakes, which are reported. */
  accessLog(resource: AccessLogResource): AccessLog | undefined;
}

/** Definition of a terminal that ships: it has the connection itself, so that bytes reach it without a hook. */
export interface NetworkTerminalDefinition<Config = unknown> {
  readonly kind: "network_terminal";
  readonly id: string;
  readonly typeUrls: readonly string[];
  readonly status: ExtensionStatus;
  readonly posture: SecurityPosture;
  readonly config: ResourceSchema<Config>;
  readonly create: (config: Config, scope: TerminalScope) => NetworkTerminal;
}
