import { compileRegexRewrite } from "../../../../core/match/regex-rewrite.ts";
import type {
  CorsPolicy,
  HTTPDirectResponse,
  HTTPFaultInjection,
  HTTPMatchRequest,
  HTTPRedirect,
  HTTPRetry,
  HTTPRewrite,
  HTTPRoute,
} from "../schema/virtual-service.ts";
import { checkDestination, checkPercent, checkRoutes } from "./destinations.ts";
import { checkHeaders, corsHeaderProblem, isAuthority, matchedHeaderProblem } from "./headers.ts";
import { isDnsLabel, portProblem } from "./names.ts";
import type { Report } from "./report.ts";
import { check, checkGatewayNames, checkLabels, checkPort, checkStringMatch, regexProblem } from "./shared.ts";

/** `delegate`: the VirtualService has no hosts. Istio: `validateHTTPRoute`. */
export function checkHttpRoute(route: HTTPRoute, delegate: boolean, report: Report): void {
  checkAction(route, delegate, report);
  for (const match of route.match) checkMatch(match, report);
  checkHeaders(report, route, route.headers);
  if (route.corsPolicy !== undefined) checkCors(route.corsPolicy, report);
  if (route.fault !== undefined) checkFault(route.fault, report);
  checkMirrors(route, report);
  if (route.redirect !== undefined) checkRedirect(route, route.redirect, report);
  if (route.directResponse !== undefined) checkDirectResponse(route.directResponse, report);
  if (route.retries !== undefined) checkRetries(route.retries, report);
  if (route.rewrite !== undefined) checkRewrite(route.rewrite, report);
  checkAuthority(route, report);
  checkRoutes(route.route, route, report);
}

/** What a route does: exactly one thing. */
function checkAction(route: HTTPRoute, delegate: boolean, report: Report): void {
  const exclude = (field: keyof HTTPRoute & string, other: string): void => {
    const value = route[field];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return;
    report.error(route, [field], `"${field}" and "${other}" exclude each other, wanted one`, "oneof_conflict");
  };
  if (route.delegate !== undefined) {
    if (delegate) {
      report.error(route, ["delegate"], "found a delegate in a VirtualService without hosts: delegates do not delegate");
    } else {
      exclude("redirect", "delegate");
      exclude("route", "delegate");
      return;
    }
  }
  if (route.redirect !== undefined)
    for (const field of ["route", "fault", "rewrite", "directResponse"] as const) exclude(field, "redirect");
  else if (route.directResponse !== undefined)
    for (const field of ["route", "fault", "rewrite"] as const) exclude(field, "directResponse");
  else if (route.route.length === 0)
    report.error(route, [], 'wanted one of "route", "redirect", "directResponse", "delegate"', "oneof_missing");
  if (route.mirror !== undefined) exclude("mirrors", "mirror");
}

function checkMatch(match: HTTPMatchRequest, report: Report): void {
  for (const field of ["headers", "withoutHeaders"] as const) {
    const headers = match[field];
    for (const name of Object.keys(headers)) {
      if (name.startsWith("@request.auth.claims")) {
        report.unsupported(match, [field, name], `matching claims of a JWT ("${name}") is not supported`);
        continue;
      }
      const problem = matchedHeaderProblem(name);
      if (problem !== undefined) report.keyError(match, [field], name, problem);
      // `*` is no expression: Istio takes it for presence.
      if (headers[name].regex !== "*") checkStringMatch(report, match, [field, name], headers[name]);
    }
  }
  checkStringMatch(report, match, ["uri"], match.uri, true);
  for (const field of ["scheme", "method", "authority"] as const) checkStringMatch(report, match, [field], match[field]);
  for (const name of Object.keys(match.queryParams))
    checkStringMatch(report, match, ["queryParams", name], match.queryParams[name]);
  checkPort(report, match, ["port"], match.port);
  checkLabels(report, match, ["sourceLabels"], match.sourceLabels);
  checkGatewayNames(report, match, ["gateways"], match.gateways);
  if (match.sourceNamespace !== undefined && !isDnsLabel(match.sourceNamespace))
    report.error(match, ["sourceNamespace"], `found "${match.sourceNamespace}", wanted the name of a namespace`);
}

const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "*",
]);

function checkCors(cors: CorsPolicy, report: Report): void {
  if (cors.allowOrigin.length > 0) report.warning(cors, ["allowOrigin"], '"allowOrigin" is deprecated, wanted "allowOrigins"');
  cors.allowOrigins.forEach((origin, index) => {
    const text = origin.exact ?? origin.prefix ?? origin.regex ?? "";
    if (text === "")
      report.error(cors, ["allowOrigins", index], 'wanted "exact", "prefix" or "regex" with a text that is not empty');
    else if (origin.regex !== undefined) check(report, origin, ["regex"], regexProblem(origin.regex));
  });
  cors.allowMethods.forEach((method, index) => {
    if (!METHODS.has(method))
      report.error(cors, ["allowMethods", index], `found "${method}", wanted one of ${[...METHODS].join(", ")}`);
  });
  for (const field of ["allowHeaders", "exposeHeaders"] as const)
    cors[field].forEach((name, index) => check(report, cors, [field, index], corsHeaderProblem(name)));
  if (cors.maxAge !== undefined && cors.maxAge % 1000 !== 0)
    report.error(cors, ["maxAge"], `found ${cors.maxAge / 1000}s, wanted whole seconds`);
}

function checkFault(fault: HTTPFaultInjection, report: Report): void {
  const { abort, delay } = fault;
  if (abort === undefined && delay === undefined) report.error(fault, [], 'wanted "abort", "delay" or both', "missing_field");
  if (abort !== undefined) {
    checkPercent(report, abort, ["percentage"], abort.percentage, 0.0001);
    if (abort.http2Error !== undefined) report.error(abort, ["http2Error"], '"http2Error" is not done by Istio either');
    else if (abort.httpStatus !== undefined) check(report, abort, ["httpStatus"], statusProblem(abort.httpStatus));
    else if (abort.grpcStatus === undefined)
      report.warning(abort, [], 'found neither "httpStatus" nor "grpcStatus": nothing is aborted');
    else if (!GRPC_STATUSES.has(abort.grpcStatus))
      report.error(abort, ["grpcStatus"], `found "${abort.grpcStatus}", wanted a status of gRPC such as "UNAVAILABLE"`);
  }
  if (delay !== undefined) {
    checkPercent(report, delay, ["percentage"], delay.percentage, 0.0001);
    if (delay.exponentialDelay !== undefined)
      report.error(delay, ["exponentialDelay"], '"exponentialDelay" is not done by Istio either, wanted "fixedDelay"');
    if (delay.percent !== 0) report.warning(delay, ["percent"], '"percent" is deprecated, wanted "percentage"');
    if (delay.percent < 0 || delay.percent > 100)
      report.error(delay, ["percent"], `found ${delay.percent}, wanted a percentage from 0 to 100`, "out_of_range");
  }
}

/** By name, as Istio takes them. */
const GRPC_STATUSES: ReadonlySet<string> = new Set([
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
]);

/** Istio lets 600 pass, which Envoy then refuses. */
function statusProblem(status: number): string | undefined {
  return status >= 200 && status <= 599 ? undefined : `found ${status}, wanted a status from 200 to 599`;
}

function checkMirrors(route: HTTPRoute, report: Report): void {
  const { mirrorPercent } = route;
  if (mirrorPercent !== undefined) {
    report.warning(route, ["mirrorPercent"], '"mirrorPercent" is deprecated, wanted "mirrorPercentage"');
    if (mirrorPercent > 100)
      report.error(route, ["mirrorPercent"], `found ${mirrorPercent}, wanted a percentage from 0 to 100`, "out_of_range");
  }
  checkPercent(report, route, ["mirrorPercentage"], route.mirrorPercentage);
  if (route.mirror !== undefined) checkDestination(route.mirror, report);
  for (const mirror of route.mirrors) {
    checkDestination(mirror.destination, report);
    checkPercent(report, mirror, ["percentage"], mirror.percentage);
  }
}

function checkRedirect(route: HTTPRoute, redirect: HTTPRedirect, report: Report): void {
  const { uri, prefixRewrite, authority, port, derivePort, scheme, redirectCode } = redirect;
  if (uri !== undefined && prefixRewrite !== undefined) {
    report.error(redirect, ["prefixRewrite"], '"uri" and "prefixRewrite" exclude each other, wanted one', "oneof_conflict");
  } else if (prefixRewrite !== undefined) {
    const other = route.match.find((match) => match.uri !== undefined && match.uri.prefix === undefined);
    if (other !== undefined)
      report.error(redirect, ["prefixRewrite"], 'found "prefixRewrite" with a match of "uri" that is no prefix');
  }
  if ([uri, prefixRewrite, authority, port, derivePort, scheme].every((value) => value === undefined))
    report.error(
      redirect,
      [],
      'wanted one of "uri", "prefixRewrite", "authority", "scheme", "port", "derivePort"',
      "missing_field",
    );
  if (redirectCode !== 0 && (redirectCode < 300 || redirectCode > 399))
    report.error(redirect, ["redirectCode"], `found ${redirectCode}, wanted a status from 300 to 399`, "out_of_range");
  if (scheme !== undefined && scheme !== "http" && scheme !== "https")
    report.error(redirect, ["scheme"], `found "${scheme}", wanted "http" or "https"`);
  if (port !== undefined && port > 0) check(report, redirect, ["port"], portProblem(port));
}

const LARGE_BODY = 100 * 1024;
const MAX_BODY = 1024 * 1024;

function checkDirectResponse(response: HTTPDirectResponse, report: Report): void {
  check(report, response, ["status"], statusProblem(response.status));
  const body = response.body;
  if (body === undefined) return;
  const size = body.bytes?.length ?? new TextEncoder().encode(body.string ?? "").length;
  if (size > MAX_BODY) report.error(response, ["body"], `found a body of ${size} bytes, wanted at most ${MAX_BODY}`, "too_large");
  else if (size > LARGE_BODY)
    report.warning(response, ["body"], `found a body of ${size} bytes: Istio warns above ${LARGE_BODY}`, "too_large");
}

// Envoy: "x-envoy-retry-on" and "x-envoy-retry-grpc-on".
const RETRY_POLICIES: ReadonlySet<string> = new Set([
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "retriable-4xx",
  "refused-stream",
  "retriable-status-codes",
  "retriable-headers",
  "envoy-ratelimited",
  "http3-post-connect-failure",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
]);

function checkRetries(retries: HTTPRetry, report: Report): void {
  if (retries.attempts < 0) report.error(retries, ["attempts"], `found ${retries.attempts}, wanted at least 0`, "out_of_range");
  if (retries.attempts === 0) {
    for (const field of ["perTryTimeout", "retryOn", "retryRemoteLocalities"] as const) {
      if (retries[field] !== undefined)
        report.error(retries, [field], `found "${field}" although "attempts" is 0: nothing is retried`);
    }
  }
  for (const policy of retries.retryOn?.split(",") ?? []) {
    // Istio takes a status code for `retriable-status-codes` with it.
    const isStatus = /^[1-5][0-9]{2}$/.test(policy);
    if (!isStatus && !RETRY_POLICIES.has(policy))
      report.error(retries, ["retryOn"], `found "${policy}", wanted a condition such as "5xx" or "connect-failure", or a status`);
  }
}

function checkRewrite(rewrite: HTTPRewrite, report: Report): void {
  const { uri, authority, uriRegexRewrite } = rewrite;
  if (uri !== undefined && uriRegexRewrite !== undefined)
    report.error(rewrite, ["uriRegexRewrite"], '"uri" and "uriRegexRewrite" exclude each other, wanted one', "oneof_conflict");
  if (uri === undefined && uriRegexRewrite === undefined && authority === undefined)
    report.error(rewrite, [], 'wanted one of "uri", "uriRegexRewrite", "authority"', "missing_field");
  if (uriRegexRewrite === undefined) return;
  const { match, rewrite: text } = uriRegexRewrite;
  if (match === undefined || text === "") {
    report.error(uriRegexRewrite, [], 'wanted "match" and "rewrite", both not empty', "missing_field");
    return;
  }
  const problem = regexProblem(match);
  if (problem !== undefined) report.error(uriRegexRewrite, ["match"], problem);
  else {
    const compiled = compileRegexRewrite(match, text);
    if (typeof compiled === "string") report.error(uriRegexRewrite, ["rewrite"], compiled);
  }
}

/** The Host may be changed in one place only. Istio: `validateAuthorityRewrite`. */
function checkAuthority(route: HTTPRoute, report: Report): void {
  let current = route.rewrite?.authority;
  for (const field of ["set", "add"] as const) {
    const values = route.headers?.request[field] ?? {};
    for (const name of Object.keys(values)) {
      if (!isAuthority(name)) continue;
      if (current !== undefined) {
        const message = `found "${name}", but the Host is set to "${current}" already`;
        report.keyError(route, ["headers", "request", field], name, message);
      }
      current = values[name];
    }
  }
}
