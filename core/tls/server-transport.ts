import type { Logger } from "../contract/filter.ts";
import type { StatsScope } from "../contract/stats.ts";
import type { TypedConfig } from "../resources/schema/index.ts";
import type {
  Connection,
  ConnectionHandler,
  PendingTransport,
  ServerTls,
  ServerTransport,
  TransportHandshake,
} from "../transport/connection.ts";
import type { TlsStore } from "./live-tls.ts";
import type { Secrets } from "./secrets.ts";
import { toResourceError } from "../match/problem.ts";
import { DownstreamTlsContext } from "../resources/tls.ts";
import { type DecodeContext, parse } from "../resources/schema/index.ts";
import { acceptTls } from "../transport/connection.ts";
import { LiveTls } from "./live-tls.ts";
import { buildServerTls } from "./server-tls.ts";
import { failureKind, transportFailureReason } from "./tls-failure.ts";
import { TlsStats } from "./tls-stats.ts";

/** What a filter chain's TLS is built with. */
export interface ServerTransportSurroundings {
  readonly context: DecodeContext;
  readonly scope: StatsScope;
  readonly log: Logger;
}

/** Builds the TLS of a filter chain from its `DownstreamTlsContext`; undefined after mistakes, which the context has. */
export function tlsServerTransport(
  config: TypedConfig,
  { context, scope, log }: ServerTransportSurroundings,
  store: TlsStore,
  secrets: Secrets,
): ServerTransport | undefined {
  const resource = parse(DownstreamTlsContext, config, context);
  if (resource === undefined) return undefined;
  const stats = new TlsStats(scope);
  const live = LiveTls.create(
    { store, secrets, stats, log, owner: "a listener's TLS" },
    (reading) => buildServerTls(resource, reading, store.ticketKeys, stats),
    (problem) => context.add(toResourceError(problem)),
  );
  return live === undefined ? undefined : new TlsServerTransport(live, stats, log);
}

class TlsServerTransport implements ServerTransport {
  readonly #live: LiveTls<ServerTls>;
  readonly #stats: TlsStats;
  readonly #log: Logger;

  constructor(live: LiveTls<ServerTls>, stats: TlsStats, log: Logger) {
    this.#live = live;
    this.#stats = stats;
    this.#log = log;
  }

  accept(connection: Connection, read: Buffer | null, done: TransportHandshake): PendingTransport {
    const handshake = new Handshake(done, this.#stats, this.#log);
    handshake.begin(connection, read, this.#live.current);
    return handshake;
  }

  dispose(): void {
    this.#live.dispose();
  }
}

/** The handler of a connection while it shakes hands. */
class Handshake implements ConnectionHandler, PendingTransport {
  readonly #done: TransportHandshake;
  readonly #stats: TlsStats;
  readonly #log: Logger;
  #connection: Connection | null;
  #over: boolean;

  constructor(done: TransportHandshake, stats: TlsStats, log: Logger) {
    this.#done = done;
    this.#stats = stats;
    this.#log = log;
    this.#connection = null;
    this.#over = false;
  }

  begin(raw: Connection, read: Buffer | null, tls: ServerTls): void {
    this.#connection = acceptTls(raw, read, tls, this);
    if (this.#connection !== null) return;
    // It closed while it was looked at.
    raw.destroy();
    this.#over = true;
    this.#done.onTransportFailure("");
  }

  onConnect(): void {
    const connection = this.#connection as Connection;
    this.#over = true;
    if (connection.tls !== null) this.#stats.handshakeDone(connection.tls);
    this.#done.onTransportReady(connection);
  }

  onClose(error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    const kind = failureKind(error);
    if (kind !== null) this.#stats.failed(kind);
    const reason = transportFailureReason(error);
    // Whoever knocks can cause it: nothing to fill a log with.
    if (reason !== "") this.#log.debug(`TLS handshake failed: ${reason}`);
    this.#done.onTransportFailure(reason);
  }

  onData(): void {}
  onEnd(): void {}
  onDrain(): void {}

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection?.destroy();
  }
}
