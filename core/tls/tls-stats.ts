import type { Counter, StatsScope } from "../contract/stats.ts";
import type { TlsInfo } from "../transport/connection.ts";
import type { FailureKind } from "./tls-failure.ts";

/** The counters below `listener.X.ssl.` and `cluster.X.ssl.`, by Envoy's names. Groups and signature algorithms are not known here. */
export class TlsStats {
  readonly connection_error: Counter;
  readonly handshake: Counter;
  readonly session_reused: Counter;
  readonly no_certificate: Counter;
  readonly fail_verify_no_cert: Counter;
  readonly fail_verify_error: Counter;
  readonly fail_verify_san: Counter;
  readonly fail_verify_cert_hash: Counter;
  readonly ocsp_staple_requests: Counter;
  readonly ocsp_staple_responses: Counter;
  readonly ocsp_staple_omitted: Counter;
  readonly ocsp_staple_failed: Counter;
  /** Files that changed and could not be used: what served before goes on serving. */
  readonly update_rejected: Counter;
  /** Files that changed and are in use. */
  readonly update_success: Counter;
  readonly scope: StatsScope;
  readonly #versions = new Map<string, Counter>();
  readonly #ciphers = new Map<string, Counter>();

  constructor(parent: StatsScope) {
    const scope = parent.scope("ssl");
    this.scope = scope;
    this.connection_error = scope.counter("connection_error");
    this.handshake = scope.counter("handshake");
    this.session_reused = scope.counter("session_reused");
    this.no_certificate = scope.counter("no_certificate");
    this.fail_verify_no_cert = scope.counter("fail_verify_no_cert");
    this.fail_verify_error = scope.counter("fail_verify_error");
    this.fail_verify_san = scope.counter("fail_verify_san");
    this.fail_verify_cert_hash = scope.counter("fail_verify_cert_hash");
    this.ocsp_staple_requests = scope.counter("ocsp_staple_requests");
    this.ocsp_staple_responses = scope.counter("ocsp_staple_responses");
    this.ocsp_staple_omitted = scope.counter("ocsp_staple_omitted");
    this.ocsp_staple_failed = scope.counter("ocsp_staple_failed");
    this.update_rejected = scope.counter("update_rejected");
    this.update_success = scope.counter("update_success");
  }

  handshakeDone(session: TlsInfo): void {
    this.handshake.value++;
    if (session.resumed) this.session_reused.value++;
    if (!session.peerPresented) this.no_certificate.value++;
    this.#count(this.#versions, "versions", session.version);
    this.#count(this.#ciphers, "ciphers", session.cipher);
  }

  #count(counters: Map<string, Counter>, group: string, name: string): void {
    let counter = counters.get(name);
    if (counter === undefined) counters.set(name, (counter = this.scope.counter(`${group}.${name}`)));
    counter.value++;
  }

  failed(kind: FailureKind): void {
    this[kind].value++;
  }

  /** `certificate.NAME.expiration_unix_time_seconds`. */
  expires(name: string, validTo: string): void {
    this.scope.gauge(`certificate.${name}.expiration_unix_time_seconds`).value = Math.floor(Date.parse(validTo) / 1000);
  }
}
