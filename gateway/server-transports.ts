import type { ServerTransportFactory } from "../core/server/build/server-transports.ts";
import type { TlsStore } from "../core/tls/live-tls.ts";
import type { Secrets } from "../core/tls/secrets.ts";
import { DOWNSTREAM_TLS } from "../core/resources/tls.ts";
import { tlsServerTransport } from "../core/tls/server-transport.ts";

/** Transport sockets of filter chains by type URL, beside the plain one. */
export function serverTransports(store: TlsStore, secrets: Secrets): ReadonlyMap<string, ServerTransportFactory> {
  return new Map<string, ServerTransportFactory>([
    [DOWNSTREAM_TLS, (config, around) => tlsServerTransport(config, around, store, secrets)],
  ]);
}
