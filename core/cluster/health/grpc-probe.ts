import { Buffer } from "node:buffer";
import type { UpstreamStream } from "../../contract/cluster.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import { isGrpc } from "../../stream/grpc.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import { healthRequest, SERVING, servingStatus } from "./grpc-message.ts";
import { changeHeaders } from "./header-changes.ts";
import type { GrpcCheck } from "./health-settings.ts";
import { type ProbeContext, USER_AGENT } from "./http-probe.ts";
import { StreamProbe } from "./stream-probe.ts";

/** An answer is a few octets; who sends more does not speak this protocol. */
const LIMIT = 64 * 1024;

/** Asks by `grpc.health.v1.Health/Check`. Source: gRPC, "GRPC Health Checking Protocol". */
export class GrpcProbe extends StreamProbe {
  readonly authority: string;
  readonly #check: GrpcCheck;
  readonly #context: ProbeContext;
  readonly #hostname: string;
  readonly #timeout: string;
  readonly #message: Uint8Array;
  #received: Buffer;

  /** @param timeout ms. */
  constructor(check: GrpcCheck, timeout: number, context: ProbeContext) {
    super(context.host, context.reuse, context.newHost);
    this.#check = check;
    this.#context = context;
    this.authority = (context.host.healthTarget?.hostname ?? "") || check.authority;
    this.#hostname = this.authority || context.cluster;
    this.#timeout = `${Math.ceil(timeout)}m`;
    this.#message = healthRequest(check.service);
    this.#received = EMPTY;
  }

  protected send(stream: UpstreamStream): void {
    const headers = new HeaderMapImpl(["te", "trailers", "content-type", "application/grpc", "user-agent", USER_AGENT]);
    headers.method = "POST";
    headers.path = "/grpc.health.v1.Health/Check";
    headers.authority = this.#hostname;
    headers.scheme = this.host.secure ? "https" : "http";
    changeHeaders(headers, this.#check.headers);
    headers.set("grpc-timeout", this.#timeout);
    this.#received = EMPTY;
    stream.sendHeaders(headers, false, "");
    stream.sendBody(this.#message, true);
  }

  onHeaders(headers: HeaderMap, end: boolean): void {
    // An answer without a message can't say that it serves.
    if (end || headers.status !== 200 || !isGrpc(headers)) this.#decide(false, end);
  }

  onBody(chunk: Uint8Array, end: boolean): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    // The end comes with trailers.
    if (end || this.#received.length > LIMIT) this.#decide(false, end);
  }

  onTrailers(trailers: HeaderMap): void {
    this.#decide(trailers.get("grpc-status") === "0" && this.#serves(), true);
  }

  /** Whether there is exactly one message that is not empty, not compressed, and says so. */
  #serves(): boolean {
    let serves = false;
    let seen = false;
    const all = this.#received;
    for (let at = 0; at < all.length;) {
      if (all.length - at < 5) return false;
      const length = all.readUInt32BE(at + 1);
      const end = at + 5 + length;
      if (end > all.length) return false;
      if (length > 0) {
        if (seen || all[at] !== 0) return false;
        seen = true;
        serves = servingStatus(all.subarray(at + 5, end)) === SERVING;
      }
      at = end;
    }
    return serves;
  }

  #decide(good: boolean, whole: boolean): void {
    this.finish(whole);
    if (good) this.#context.user.passed(false);
    else this.#context.user.failed("ACTIVE");
  }

  onFailure(): void {
    this.finish(true);
    this.#context.user.failed("NETWORK");
  }
}

const EMPTY = Buffer.alloc(0);
