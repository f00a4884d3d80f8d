import type { Connection } from "../../transport/connection.ts";
import type { ServedConnection } from "../accept/served-connection.ts";
import { Http1ServerConnection, type ManagerSlot } from "./http1-connection.ts";

/** Where served connections are kept: their chain's. */
interface ConnectionKeeper extends ManagerSlot {
  readonly connections: Set<ServedConnection>;
}

/**
 * Serves a connection as its chain's HTTP connection manager says, and puts it to those of its chain. `read`: bytes that were read from it
 * already, null: none.
 */
export function serveHttp(connection: Connection, slot: ConnectionKeeper, read: Buffer | null): ServedConnection {
  const served = new Http1ServerConnection(connection, slot);
  slot.connections.add(served);
  if (read !== null) served.onData(read);
  return served;
}
