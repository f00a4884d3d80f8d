import type { HeaderMap } from "../contract/headers.ts";
import type { DownstreamConnection, DownstreamTls, StreamInfo, UpstreamHost } from "../contract/stream.ts";
import { clock } from "../transport/clock.ts";
import type { Connection } from "../transport/connection.ts";
import { HeaderMapImpl } from "./header-map.ts";

/** The addresses of a connection, to be read when it is closed: the system tells them only of open ones. */
export class KnownConnection implements DownstreamConnection {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly requestedServerName: string;
  readonly tls: DownstreamTls | null;

  /** Asks now: two system calls. */
  constructor(connection: Connection, tls: DownstreamTls | null) {
    const { facts } = connection;
    const source = facts ?? connection;
    this.id = connection.id;
    this.remoteAddress = source.remoteAddress;
    this.remotePort = source.remotePort;
    this.localAddress = source.localAddress;
    this.localPort = source.localPort;
    const asked = facts?.serverName ?? "";
    this.requestedServerName = asked !== "" ? asked : (connection.tls?.serverName ?? "");
    this.tls = tls;
  }
}

/** A connection without requests as access logs see it: one stream, of bytes. What only HTTP has is empty. */
export class ConnectionInfo implements StreamInfo {
  readonly id: number;
  readonly connection: DownstreamConnection;
  readonly protocol = "";
  readonly request: HeaderMap = new HeaderMapImpl([]);
  readonly requestTrailers = null;
  readonly response = null;
  readonly responseTrailers = null;
  readonly originalPath = "";
  readonly matchedRoute = null;
  readonly startWallTime = clock.wallNow();
  readonly startTime = clock.now();
  readonly requestEndTime = -1;
  upstreamStartTime = -1;
  readonly upstreamRequestEndTime = -1;
  upstreamFirstByteTime = -1;
  readonly upstreamEndTime = -1;
  readonly responseFirstByteTime = -1;
  endTime = -1;
  bytesReceived = 0;
  bytesSent = 0;
  readonly responseCode = 0;
  responseFlags = 0;
  responseCodeDetails = "";
  upstreamHost: UpstreamHost | null = null;
  upstreamCluster = "";
  upstreamLocalAddress = "";
  upstreamTransportFailure = "";
  readonly upstreamProtocol = "";
  attemptCount = 0;
  readonly requestId = "";
  readonly listenerName: string;
  readonly filterChainName: string;
  dynamicMetadata: Record<string, Record<string, unknown>> | undefined = undefined;
  filterState: Record<string, unknown> | undefined = undefined;
  accessLogType: string;

  constructor(connection: DownstreamConnection, listenerName: string, filterChainName: string, accessLogType: string) {
    this.id = connection.id;
    this.connection = connection;
    this.listenerName = listenerName;
    this.filterChainName = filterChainName;
    this.accessLogType = accessLogType;
  }

  get clientAddress(): string {
    return this.connection.remoteAddress;
  }
  get clientPort(): number {
    return this.connection.remotePort;
  }
}
