import type { DownstreamConnection, DownstreamTls } from "../../contract/stream.ts";
import { downstreamTls } from "../../tls/downstream-tls.ts";
import type { Connection } from "../../transport/connection.ts";

/**
 * What streams, filters and logs see of a downstream connection, whatever is spoken on it. Asked of the socket when it is asked for; what listener filters
 * have learned (PROXY protocol, SNI) comes first.
 */
export abstract class SocketDownstream implements DownstreamConnection {
  protected readonly socket: Connection;
  #tls: DownstreamTls | null;

  constructor(socket: Connection) {
    this.socket = socket;
    this.#tls = null;
  }

  get id(): number {
    return this.socket.id;
  }
  get remoteAddress(): string {
    const { facts } = this.socket;
    return facts === null ? this.socket.remoteAddress : facts.remoteAddress;
  }
  get remotePort(): number {
    const { facts } = this.socket;
    return facts === null ? this.socket.remotePort : facts.remotePort;
  }
  get localAddress(): string {
    const { facts } = this.socket;
    return facts === null ? this.socket.localAddress : facts.localAddress;
  }
  get localPort(): number {
    const { facts } = this.socket;
    return facts === null ? this.socket.localPort : facts.localPort;
  }
  get requestedServerName(): string {
    const { facts, tls } = this.socket;
    return facts !== null && facts.serverName !== "" ? facts.serverName : (tls?.serverName ?? "");
  }
  get tls(): DownstreamTls | null {
    const { tls } = this.socket;
    return tls === null ? null : (this.#tls ??= downstreamTls(tls));
  }
}
