import type { ConnectionOwner, ServedConnection } from "../accept/served-connection.ts";
import type { HttpConnectionManager } from "./manager.ts";

/** Where a connection finds the manager for its next request, and learns that it should end. */
export interface ManagerSlot extends ConnectionOwner {
  manager: HttpConnectionManager;
  /** Connections are asked to end: responses carry `connection: close`, or GOAWAY was sent. */
  draining: boolean;
  /** The connections that it serves. */
  readonly connections: Set<ServedConnection>;
}
