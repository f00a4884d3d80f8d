import type { UpstreamStream } from "../../contract/cluster.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import { HeaderMapImpl } from "../../stream/header-map.ts";
import type { HostImpl } from "../host.ts";
import { changeHeaders } from "./header-changes.ts";
import { type HttpCheck, inRanges } from "./health-settings.ts";
import type { HealthStats } from "./health-stats.ts";
import { Received } from "./payload.ts";
import type { ProbeUser } from "./probe.ts";
import { StreamProbe } from "./stream-probe.ts";

/** What Envoy's checks call themselves. */
export const USER_AGENT = "Envoy/HC";

/** What a probe is made with. */
export interface ProbeContext {
  readonly host: HostImpl;
  readonly user: ProbeUser;
  readonly cluster: string;
  readonly reuse: boolean;
  readonly stats: HealthStats;
  readonly newHost: (host: HostImpl) => HostImpl;
}

/** Asks by a request of HTTP/1.1 or HTTP/2. */
export class HttpProbe extends StreamProbe {
  readonly authority: string;
  readonly #check: HttpCheck;
  readonly #context: ProbeContext;
  readonly #hostname: string;
  #headers: HeaderMap | null = null;
  #body: Received;

  constructor(check: HttpCheck, context: ProbeContext) {
    super(context.host, context.reuse, context.newHost);
    this.#check = check;
    this.#context = context;
    this.authority = (context.host.healthTarget?.hostname ?? "") || check.host;
    this.#hostname = this.authority || context.cluster;
    this.#body = new Received(0);
  }

  protected send(stream: UpstreamStream): void {
    const { method, path, send, headers: changes, receive, bodyLimit } = this.#check;
    const headers = new HeaderMapImpl(["user-agent", USER_AGENT]);
    headers.method = method;
    headers.path = path;
    headers.authority = this.#hostname;
    headers.scheme = this.host.secure ? "https" : "http";
    changeHeaders(headers, changes);
    if (send !== null) headers.set("content-length", String(send.length));
    this.#headers = null;
    this.#body = new Received(receive.length === 0 ? 0 : bodyLimit);
    stream.sendHeaders(headers, send === null, "");
    if (send !== null) stream.sendBody(send, true);
  }

  onHeaders(headers: HeaderMap, end: boolean): void {
    this.#headers = headers;
    if (end) this.#complete(headers);
  }

  onBody(chunk: Uint8Array, end: boolean): void {
    this.#body.add(chunk);
    if (end && this.#headers !== null) this.#complete(this.#headers);
  }

  onTrailers(): void {
    if (this.#headers !== null) this.#complete(this.#headers);
  }

  onFailure(): void {
    this.finish(true);
    this.#context.user.failed("NETWORK");
  }

  #complete(headers: HeaderMap): void {
    this.finish(true);
    const { user, stats } = this.#context;
    const { receive, expected, retriable, serviceName } = this.#check;
    const { status } = headers;
    const exclude = headers.has("x-envoy-immediate-health-check-fail");
    if (receive.length > 0 && !this.#body.holds(receive)) user.failed("ACTIVE", false, status, exclude);
    else if (!inRanges(status, expected)) user.failed("ACTIVE", inRanges(status, retriable), status, exclude);
    else {
      if (serviceName !== null) {
        stats.verify_cluster.value++;
        if (!serviceName.match(headers.get("x-envoy-upstream-healthchecked-cluster") ?? "")) {
          user.failed("ACTIVE", false, status);
          return;
        }
      }
      user.passed(headers.has("x-envoy-degraded"));
    }
  }
}
