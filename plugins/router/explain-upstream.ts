import type { Cluster } from "../../core/contract/cluster.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";
import type { Stop, TerminalStream } from "../../core/contract/stream.ts";
import type { DecisionTrace } from "../../core/contract/trace.ts";
import { updateAuthority } from "../routing/table/authority.ts";
import type { RequestTerms } from "./request-terms.ts";
import { RetryOn } from "./retry-state.ts";
import type { RouterRoute } from "./router-route.ts";

/** A request that the router has prepared and would now send. */
export interface PreparedRequest {
  readonly s: TerminalStream;
  readonly headers: HeaderMap;
  readonly end: boolean;
  readonly route: RouterRoute;
  readonly cluster: Cluster;
  readonly terms: RequestTerms;
  readonly keepOriginal: boolean;
}

/** Tells what would be done with a prepared request: timeouts, retries, copies, cluster, endpoints. What `RouterRequest` then does, without doing it. */
export function explainUpstream(request: PreparedRequest, trace: DecisionTrace): void | Stop {
  const { s, headers, route, cluster, terms } = request;
  explainTimeouts(route, terms, trace);
  explainRetries(route, terms, trace);
  explainMirrors(request, trace);
  const hosts = cluster.spread?.() ?? [];
  const limits = cluster.limits[route.priority];
  const reason = route.priority === "HIGH" ? "with the limits of priority HIGH" : "";
  trace.note({ kind: "cluster", verdict: "chosen", subject: cluster.name, reason, about: cluster });
  for (const [name, used, most] of [
    ["max_requests", limits.requests, limits.maxRequests],
    ["max_pending_requests", limits.pendingRequests, limits.maxPendingRequests],
    ["max_connections", limits.connections, limits.maxConnections],
  ] as const) {
    if (used < most) continue;
    const why = `${used} of ${most} in use${name === "max_connections" ? ": the request waits for one of them" : ": more are refused"}`;
    trace.note({ kind: "circuit breaker", verdict: "applied", subject: name, reason: why, about: cluster });
  }
  if (cluster.spread !== undefined && !hosts.some((host) => host.share !== 0)) {
    const why = hosts.length === 0 ? "the cluster has no endpoints" : `none of its ${hosts.length} endpoints is to be used`;
    trace.note({ kind: "endpoint", verdict: "rejected", subject: "none", reason: why, about: cluster });
    return s.reply(503, { body: "no healthy upstream", details: "no_healthy_upstream", flags: ResponseFlag.NoHealthyUpstream });
  }
  const first = hosts.find((host) => host.share !== 0);
  if (route.autoHostRewrite && first !== undefined && first.hostname !== "")
    updateAuthority(headers, first.hostname, route.appendForwardedHost, request.keepOriginal);
  if (route.includeAttemptCount) headers.set("x-envoy-attempt-count", "1");
  trace.forward(cluster, headers, request.end, s.upgrade);
}

function explainTimeouts(route: RouterRoute, terms: RequestTerms, trace: DecisionTrace): void {
  const about = route.resource;
  const by = route.maxGrpcTimeout === undefined ? "x-envoy-upstream-rq-timeout-ms asks" : "the request's headers ask";
  const asked = terms.timeout === route.timeout ? "" : `, as ${by}`;
  const subject = terms.timeout === 0 ? "none" : `${terms.timeout} ms`;
  trace.note({ kind: "timeout", verdict: "applied", subject, reason: `for the whole response${asked}`, about });
  if (terms.perTry > 0)
    trace.note({ kind: "timeout", verdict: "applied", subject: `${terms.perTry} ms`, reason: "for each attempt", about });
  if (route.idleTimeout !== undefined) {
    const text = route.idleTimeout === 0 ? "none" : `${route.idleTimeout} ms`;
    trace.note({ kind: "timeout", verdict: "applied", subject: text, reason: "without anything moving (idle_timeout)", about });
  }
  if (terms.duration > 0)
    trace.note({
      kind: "timeout",
      verdict: "applied",
      subject: `${terms.duration} ms`,
      reason: "for the whole stream",
      about,
    });
}

function explainRetries(route: RouterRoute, terms: RequestTerms, trace: DecisionTrace): void {
  const policy = route.retryPolicy;
  const on = (policy?.on ?? 0) | terms.retryOn;
  if (on === 0) return;
  const left = terms.maxRetries >= 0 ? terms.maxRetries : policy === undefined ? 1 : policy.numRetries;
  const names = Object.entries(RetryOn).flatMap(([name, bit]) => ((on & bit) === 0 ? [] : [name]));
  const subject = left === 1 ? "once" : `${left} times`;
  const asked = terms.retryOn === 0 && terms.maxRetries < 0 ? "" : ", as the request's own headers ask";
  trace.note({ kind: "retry", verdict: "applied", subject, reason: `on ${names.join(", ")}${asked}`, about: route.resource });
}

function explainMirrors({ headers, route }: PreparedRequest, trace: DecisionTrace): void {
  for (const policy of route.mirrors) {
    const name = policy.cluster(headers);
    const about = policy.resource;
    const share = policy.share();
    const often = share.count >= share.of ? "every request" : `${(100 * share.count) / share.of} % of requests`;
    if (name === "" || share.count === 0) {
      const reason = name === "" ? "the header that names the cluster is missing" : "its fraction is 0";
      trace.note({ kind: "mirror", verdict: "skipped", subject: name || "none", reason, about });
    } else
      trace.note({
        kind: "mirror",
        verdict: "applied",
        subject: name,
        reason: `gets a copy of ${often}; its answer is not waited for`,
        about,
      });
  }
}
