import type { Connection } from "../../transport/connection.ts";
import type { ServedConnection } from "../accept/served-connection.ts";
import { Http1ServerConnection } from "./http1-connection.ts";
import { Http2ServerConnection } from "./http2-connection.ts";
import type { ManagerSlot } from "./manager-slot.ts";

/**
 * Serves a connection as its chain's HTTP connection manager says, and puts it to those of its chain. `read`: bytes that were read from it
 * already, null: none. With `codec_type: AUTO` ALPN decides; without it the first octets do, which `Http1ServerConnection` looks at.
 */
export function serveHttp(connection: Connection, slot: ManagerSlot, read: Buffer | null): ServedConnection {
  const { codec } = slot.manager.options;
  const http2 = codec === "HTTP2" || (codec === "AUTO" && connection.tls !== null && connection.tls.alpnProtocol === "h2");
  const served = http2 ? new Http2ServerConnection(connection, slot) : new Http1ServerConnection(connection, slot);
  slot.connections.add(served);
  if (read !== null) served.onData(read);
  return served;
}
