import type { FilterScope, HookValue, HttpFilter } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import type { Route } from "../../core/contract/route.ts";
import type { Counter } from "../../core/contract/stats.ts";
import type { Hold, HttpStream, Stop } from "../../core/contract/stream.ts";
import type { DecisionTrace, DecisionVerdict } from "../../core/contract/trace.ts";
import { streamDraw } from "../../core/match/draw.ts";
import type { CorsPolicy } from "../../core/resources/cors-policy.ts";
import { deprecatedCors, hasUpstreamAction } from "../route-resource.ts";
import { compileCorsSettings, type CorsSettings } from "./cors-settings.ts";

/** A request of another origin that a policy allows. */
interface Allowed {
  readonly settings: CorsSettings;
  readonly origin: string;
}

/**
 * Answers CORS preflights and lets browsers read responses, by the policy of the matched route. Streams without an allowed origin
 * cost a look at one header. Envoy: "CORS"; Fetch Standard, section 3.2.
 */
export class CorsFilter implements HttpFilter {
  readonly #slot: number;
  readonly #originValid: Counter;
  readonly #originInvalid: Counter;
  readonly #allowed = new Map<HttpStream, Allowed>();
  readonly #scope: FilterScope;
  /** Policies in their deprecated place, compiled when they are first met. */
  readonly #deprecated = new WeakMap<CorsPolicy, CorsSettings>();

  constructor(scope: FilterScope) {
    this.#scope = scope;
    this.#slot = scope.slot;
    const stats = scope.stats.scope("cors");
    this.#originValid = stats.counter("origin_valid");
    this.#originInvalid = stats.counter("origin_invalid");
  }

  onRequestHeaders(s: HttpStream, headers: HeaderMap): HookValue<Hold> {
    const origin = headers.get("origin");
    if (origin === undefined || origin === "") return undefined;
    const route = s.route;
    if (route === null || !hasUpstreamAction(route)) return undefined;
    const settings = (s.routeConfig(this.#slot) as CorsSettings | undefined) ?? this.#deprecatedPolicy(route);
    if (settings === undefined) return undefined;
    const draw = streamDraw(s.id);
    const enabled = settings.enabled === null || settings.enabled.match(draw);
    if (!enabled && (settings.shadow === null || !settings.shadow.match(draw))) return undefined;

    const allowed = allows(settings, origin);
    (allowed ? this.#originValid : this.#originInvalid).value++;
    // In the shadow the origin is only counted.
    if (!enabled) return undefined;
    if (allowed) this.#allowed.set(s, { settings, origin });

    if (headers.method !== "OPTIONS") return undefined;
    const method = headers.get("access-control-request-method") ?? "";
    if (method === "" || (!allowed && settings.forwardNotMatchingPreflights)) return undefined;
    return preflight(s, headers, settings, method);
  }

  explain(s: HttpStream, headers: HeaderMap, _end: boolean, trace: DecisionTrace): void | Stop {
    const note = (verdict: DecisionVerdict, reason: string): void =>
      trace.note({ kind: "filter", verdict, subject: "cors", reason });
    const origin = headers.get("origin");
    if (origin === undefined || origin === "") return note("skipped", "the request has no origin header");
    const route = s.route;
    if (route === null || !hasUpstreamAction(route)) return note("skipped", "no route to a cluster, so no policy");
    const settings = (s.routeConfig(this.#slot) as CorsSettings | undefined) ?? this.#deprecatedPolicy(route);
    if (settings === undefined) return note("skipped", "the route has no CORS policy");
    if (settings.enabled !== null) {
      const { count, of } = settings.enabled.share();
      const options = [
        { label: "enabled", count },
        { label: "not enabled", count: of - count },
      ];
      if (trace.draw({ kind: "filter", subject: "cors", of, options, source: "stream" }) !== 0) return undefined;
    }
    const allowed = allows(settings, origin);
    const who = `origin ${JSON.stringify(origin)} is ${allowed ? "allowed" : "not allowed"}`;
    const method = headers.get("access-control-request-method") ?? "";
    const isPreflight = headers.method === "OPTIONS" && method !== "";
    if (!isPreflight || (!allowed && settings.forwardNotMatchingPreflights)) {
      const response = allowed ? "the response may be read by it" : "the response gets no header that lets a browser read it";
      return note(allowed ? "applied" : "skipped", `${who}: ${response}`);
    }
    note("ends", `${who}: the preflight is answered here`);
    return preflight(s, headers, settings, method);
  }

  /** `cors` of a route or virtual host counts where the filter has no configuration of its own. */
  #deprecatedPolicy(route: Route): CorsSettings | undefined {
    const policy = deprecatedCors(route);
    if (policy === undefined) return undefined;
    let settings = this.#deprecated.get(policy);
    if (settings === undefined) {
      settings = compileCorsSettings(policy, this.#scope, (problem) =>
        this.#scope.log.warn(`cors of route ${route.name}: ${problem.message}`),
      );
      this.#deprecated.set(policy, settings);
    }
    return settings;
  }

  onResponseHeaders(s: HttpStream, headers: HeaderMap): void {
    if (this.#allowed.size === 0) return;
    const allowed = this.#allowed.get(s);
    if (allowed === undefined) return;
    const { settings, origin } = allowed;
    headers.set("access-control-allow-origin", origin);
    if (settings.allowCredentials) headers.set("access-control-allow-credentials", "true");
    if (settings.exposeHeaders !== "") headers.set("access-control-expose-headers", settings.exposeHeaders);
  }

  onStreamComplete(s: HttpStream): void {
    if (this.#allowed.size > 0) this.#allowed.delete(s);
  }
}

function allows(settings: CorsSettings, origin: string): boolean {
  const origins = settings.origins;
  for (let i = 0; i < origins.length; i++) if (origins[i].match("*") || origins[i].match(origin)) return true;
  return false;
}

/** The origin is added by the response hook, which local replies pass as well. */
function preflight(s: HttpStream, headers: HeaderMap, settings: CorsSettings, method: string): Stop {
  const out: string[] = [];
  if (settings.allowCredentials) out.push("access-control-allow-credentials", "true");
  const methods = settings.allowMethods === "*" ? method : settings.allowMethods;
  if (methods !== "") out.push("access-control-allow-methods", methods);
  const names = settings.allowHeaders === "*" ? (headers.get("access-control-request-headers") ?? "") : settings.allowHeaders;
  if (settings.allowHeaders !== "") out.push("access-control-allow-headers", names);
  if (settings.maxAge !== "") out.push("access-control-max-age", settings.maxAge);
  if (settings.allowPrivateNetworkAccess && headers.get("access-control-request-private-network") === "true") {
    out.push("access-control-allow-private-network", "true");
  }
  return s.reply(200, { headers: out, details: "cors_response", verbatim: true });
}
