import type { Logger } from "../contract/filter.ts";
import type { StatsScope } from "../contract/stats.ts";
import type { TypedConfig } from "../resources/schema/index.ts";
import type { ClientTls, Connection, SessionCache } from "../transport/connection.ts";
import type { ClientTlsParts } from "./client-tls.ts";
import type { TlsStore } from "./live-tls.ts";
import type { Secrets } from "./secrets.ts";
import { toResourceError } from "../match/problem.ts";
import { UpstreamTlsContext } from "../resources/tls.ts";
import { type DecodeContext, parse } from "../resources/schema/index.ts";
import { buildClientTls, clientTlsFor, Sessions } from "./client-tls.ts";
import { LiveTls } from "./live-tls.ts";
import { failureKind } from "./tls-failure.ts";
import { TlsStats } from "./tls-stats.ts";

/** What the TLS of clusters is built with. */
export interface ClusterTlsEnvironment {
  readonly store: TlsStore;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/** What the cluster's protocol options say of names. */
export interface AutoNames {
  /** `auto_sni`: asks for the request's host. */
  readonly sni: boolean;
  /** `auto_san_validation`: that name must be in the certificate. */
  readonly sanValidation: boolean;
}

/** An endpoint's TLS under one name, and what belongs to it. */
interface Named {
  readonly parts: ClientTlsParts;
  readonly tls: ClientTls;
}

/** The TLS of a cluster's connections. */
export class ClusterTls {
  readonly #live: LiveTls<ClientTlsParts>;
  readonly #resource: UpstreamTlsContext;
  readonly #stats: TlsStats;
  readonly autoSni: boolean;
  readonly #sanValidation: boolean;

  private constructor(live: LiveTls<ClientTlsParts>, resource: UpstreamTlsContext, stats: TlsStats, auto: AutoNames) {
    this.#live = live;
    this.#resource = resource;
    this.#stats = stats;
    this.autoSni = auto.sni;
    this.#sanValidation = auto.sanValidation;
  }

  /** Builds it from the cluster's `UpstreamTlsContext`; undefined after mistakes, which the context has. */
  static create(
    config: TypedConfig,
    name: string,
    scope: StatsScope,
    auto: AutoNames,
    { store, secrets, log }: ClusterTlsEnvironment,
    context: DecodeContext,
  ): ClusterTls | undefined {
    const resource = parse(UpstreamTlsContext, config, context);
    if (resource === undefined) return undefined;
    const stats = new TlsStats(scope);
    const live = LiveTls.create(
      { store, secrets, stats, log, owner: `cluster ${name}` },
      (reading) => buildClientTls(resource, reading),
      (problem) => context.add(toResourceError(problem)),
    );
    return live === undefined ? undefined : new ClusterTls(live, resource, stats, auto);
  }

  /** A place where an endpoint keeps its names and sessions. */
  newKeeper(): TlsKeeper {
    return new TlsKeeper(this);
  }

  /** @internal The TLS under a name, new when the files have changed since `before`. */
  named(before: Named | undefined, hostname: string, authority: string, alpn: readonly string[], override: boolean): Named {
    const parts = this.#live.current;
    if (before?.parts === parts) return before;
    const resource = this.#resource;
    const automatic = this.autoSni && authority !== "" ? authority : "";
    const serverName = automatic !== "" ? automatic : resource.autoHostSni && hostname !== "" ? hostname : resource.sni;
    const required = (this.#sanValidation && automatic !== "") || resource.autoSniSanValidation ? serverName : "";
    // What the resource names comes first, as in Envoy.
    const offered = parts.alpn.length > 0 && !override ? parts.alpn : alpn;
    const sessions: SessionCache | null = parts.sessionKeys > 0 ? new Sessions(parts.sessionKeys) : null;
    return { parts, tls: clientTlsFor(parts, isIpText(serverName) ? "" : serverName, required, sessions, offered) };
  }

  handshakeDone(connection: Connection): void {
    if (connection.tls !== null) this.#stats.handshakeDone(connection.tls);
  }

  handshakeFailed(error: Error | null): void {
    const kind = failureKind(error);
    if (kind !== null) this.#stats.failed(kind);
  }

  dispose(): void {
    this.#live.dispose();
  }
}

/** An endpoint's names with their sessions, each for what it offers by ALPN: pools of one endpoint may offer different things. */
export class TlsKeeper {
  readonly cluster: ClusterTls;
  readonly #named: Map<string, Named> = new Map();

  constructor(cluster: ClusterTls) {
    this.cluster = cluster;
  }

  /**
   * The TLS for the next connection. `authority`: the request's host, without port; matters with `auto_sni` only. `alpn`: what is offered when the
   * resource names nothing; with `override` in any case.
   */
  next(hostname: string, authority: string, alpn: readonly string[], override = false): ClientTls {
    const names = this.#named;
    const name = this.cluster.autoSni ? authority : "";
    const key = `${alpn.join()} ${name}`;
    const named = this.cluster.named(names.get(key), hostname, name, alpn, override);
    names.set(key, named);
    // Clients choose the names: their number has a bound.
    if (names.size > MAX_NAMES) names.delete(names.keys().next().value as string);
    return named.tls;
  }
}

const MAX_NAMES = 100;

/** SNI holds names only (RFC 6066 section 3). */
function isIpText(text: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(text) || text.includes(":");
}
