import type {
  Cluster,
  LoadBalancerContext,
  PendingStream,
  UpstreamRequest,
  UpstreamStream,
} from "../../core/contract/cluster.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { HttpStream } from "../../core/contract/stream.ts";
import { Timer, type TimerOwner, timers } from "../../core/transport/timers.ts";
import type { MirrorView } from "./router-route.ts";

/** Bytes of a copied body that wait for a slow shadow before the copy is given up. The main request is never held back. */
const MAX_WAITING = 1024 * 1024;

/** Copies of one request, sent along and forgotten: whatever becomes of them, the request does not notice. Envoy: request_mirror_policies. */
export class MirrorRequest implements UpstreamRequest, LoadBalancerContext, TimerOwner {
  readonly #cluster: Cluster;
  readonly #headers: HeaderMap;
  readonly #headersEnd: boolean;
  readonly #timer: Timer;
  #upstream: UpstreamStream | null = null;
  #pending: PendingStream | null = null;
  #body: Uint8Array[] = [];
  #bytes = 0;
  #end = false;
  #trailers: HeaderMap | null = null;
  #over = false;
  #full = false;

  readonly stream = null;
  readonly downstreamProtocol: string;
  readonly hash = null;

  constructor(cluster: Cluster, headers: HeaderMap, end: boolean, downstreamProtocol: string) {
    this.downstreamProtocol = downstreamProtocol;
    this.#cluster = cluster;
    this.#headers = headers;
    this.#headersEnd = end;
    this.#timer = new Timer(this);
  }

  /** @param timeout ms for the whole copy; 0: none. */
  start(timeout: number): void {
    const host = this.#cluster.pick(this);
    if (host === null) {
      this.#over = true;
      return;
    }
    if (timeout > 0) timers.arm(this.#timer, timeout);
    const pending = host.newStream(this, "DEFAULT");
    if (this.#upstream === null && !this.#over) this.#pending = pending;
  }

  get authority(): string {
    return this.#headers.authority;
  }

  shouldSelectAnotherHost(): boolean {
    return false;
  }

  body(chunk: Uint8Array, end: boolean): void {
    if (this.#over) return;
    this.#end = end;
    if (this.#upstream !== null && !this.#full) {
      this.#upstream.sendBody(chunk, end);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_WAITING) this.cancel();
    else if (chunk.length > 0) this.#body.push(chunk);
  }

  trailers(trailers: HeaderMap): void {
    if (this.#over) return;
    this.#trailers = trailers;
    if (this.#upstream !== null && !this.#full) this.#upstream.sendTrailers(trailers);
  }

  onUpstreamReady(upstream: UpstreamStream): void {
    this.#pending = null;
    this.#upstream = upstream;
    upstream.sendHeaders(this.#headers, this.#headersEnd, "");
    this.#flush();
  }

  #flush(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    const body = this.#body;
    this.#body = [];
    this.#bytes = 0;
    if (body.length > 0)
      for (let i = 0; i < body.length; i++)
        upstream.sendBody(body[i], this.#end && this.#trailers === null && i === body.length - 1);
    else if (this.#end && !this.#headersEnd) upstream.sendBody(EMPTY, true);
    if (this.#trailers !== null) upstream.sendTrailers(this.#trailers);
  }

  onUpstreamHighWatermark(): void {
    this.#full = true;
  }
  onUpstreamLowWatermark(): void {
    this.#full = false;
    this.#flush();
  }
  onUpstreamFailure(): void {
    this.#finish();
  }
  onInformational(): void {}
  onResponseHeaders(headers: HeaderMap, end: boolean): void {
    const { stats } = this.#cluster;
    stats.upstream_rq_completed.value++;
    stats.response(headers.status);
    if (end) this.#finish();
  }
  onResponseBody(_chunk: Uint8Array, end: boolean): void {
    if (end) this.#finish();
  }
  onResponseTrailers(): void {
    this.#finish();
  }
  onUpstreamReset(): void {
    this.#upstream = null;
    this.#finish();
  }
  onReadEnd(): void {}
  onTimer(): void {
    this.#cluster.stats.upstream_rq_timeout.value++;
    this.cancel();
  }

  #finish(): void {
    this.#over = true;
    this.#body = [];
    timers.disarm(this.#timer);
    this.#upstream = null;
    this.#pending = null;
  }

  /** Gives the copy up. */
  cancel(): void {
    if (this.#over) return;
    const upstream = this.#upstream;
    const pending = this.#pending;
    this.#finish();
    pending?.cancel();
    upstream?.reset();
  }
}

const EMPTY = new Uint8Array(0);

/** The copies that this request's policies ask for; null when there are none. */
export function startMirrors(
  s: HttpStream,
  headers: HeaderMap,
  end: boolean,
  policies: readonly MirrorView[],
  timeout: number,
  cluster: (name: string) => Cluster | undefined,
): MirrorRequest[] | null {
  let out: MirrorRequest[] | null = null;
  for (const policy of policies) {
    const name = policy.draw() ? policy.cluster(headers) : "";
    const target = name === "" ? undefined : cluster(name);
    if (target === undefined) continue;
    const copy = s.newHeaders();
    copy.method = headers.method;
    copy.path = headers.path;
    copy.scheme = headers.scheme;
    copy.authority =
      policy.hostRewrite !== ""
        ? policy.hostRewrite
        : policy.appendShadowSuffix
          ? shadowHost(headers.authority)
          : headers.authority;
    (copy.list as string[]).push(...headers.list);
    const mirror = new MirrorRequest(target, copy, end, s.protocol);
    mirror.start(timeout);
    (out ??= []).push(mirror);
  }
  return out;
}

/** `example.com:80` -> `example.com-shadow:80`. */
function shadowHost(authority: string): string {
  const colon = authority.startsWith("[") ? authority.indexOf("]:") + 1 : authority.lastIndexOf(":");
  return colon > 0 ? authority.slice(0, colon) + "-shadow" + authority.slice(colon) : authority + "-shadow";
}
