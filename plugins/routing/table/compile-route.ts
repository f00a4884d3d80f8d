import type { Report } from "../../../core/match/problem.ts";
import { compileRegex, type Regex } from "../../../core/match/regex.ts";
import { toWire } from "../../../core/match/wire-text.ts";
import type { Route as RouteConfig, VirtualHost } from "../../../core/resources/route.ts";
import type { RouteAction } from "../../../core/resources/route-action.ts";
import type { RouteMatch } from "../../../core/resources/route-match.ts";
import type { BuildContext, PerFilterConfig } from "./build-context.ts";
import { compileWeightedClusters } from "./compile-weighted.ts";
import { directResponseBody } from "./direct-response.ts";
import { compileHashPolicy } from "./hash-policy.ts";
import { compileHeaderMutations, type HeaderMutations } from "./header-mutations.ts";
import { lbMetadata } from "./lb-metadata.ts";
import { compileMirrorPolicies, type MirrorPolicy } from "./mirror-policy.ts";
import { checkedPath, compileSubstitution, PathRegexRewrite, type PathRewrite, PrefixRewrite } from "./path-rewrite.ts";
import { compileRedirect } from "./redirect.ts";
import { compileRetryPolicy } from "./retry-policy.ts";
import { type PathKind, RouteCandidate } from "./route-candidate.ts";
import { RouteConditions } from "./route-conditions.ts";
import { RouteEntry, type RouteEntryActions, type RouteEntryParts, type RouteKind, type UpgradeRule } from "./route-entry.ts";

/** What the routes of a virtual host have in common, compiled once. */
export interface HostParts {
  readonly config: VirtualHost;
  /** Of the route configuration and the virtual host. */
  readonly perFilterConfigs: readonly PerFilterConfig[];
  /** Of the route configuration and the virtual host, in that order; null where there are none. */
  readonly requestMutations: readonly (HeaderMutations | null)[];
  readonly responseMutations: readonly (HeaderMutations | null)[];
  readonly mirrors: readonly MirrorPolicy[];
}

interface PathMatch {
  readonly kind: PathKind;
  readonly text: string;
  readonly regex: Regex | null;
  /** Length of what matches, or -1: all of the path up to query and fragment. */
  readonly length: number;
}

const DEFAULT_TIMEOUT = 15_000;
const NOT_FOUND_STATUS: Readonly<Record<RouteAction["clusterNotFoundResponseCode"], number>> = {
  SERVICE_UNAVAILABLE: 503,
  NOT_FOUND: 404,
  INTERNAL_SERVER_ERROR: 500,
};

/** Compiles a route and its match; null after a mistake without which there is nothing to match. `order`: its place in the list. */
export function compileRoute(config: RouteConfig, order: number, host: HostParts, context: BuildContext): RouteCandidate | null {
  const path = compilePathMatch(config.match, context);
  const conditions = new RouteConditions(config.match, context.options.runtime, context.report);
  const entry = compileEntry(config, path?.length ?? -1, host, context);
  if (path === null) return null;
  return new RouteCandidate(
    order,
    path.kind,
    path.text,
    path.regex !== null || config.match.caseSensitive,
    path.regex,
    conditions,
    entry,
  );
}

function compilePathMatch(match: RouteMatch, context: BuildContext): PathMatch | null {
  const literal = (kind: PathKind, text: string): PathMatch => ({ kind, text, regex: null, length: toWire(text).length });
  if (match.prefix !== undefined) return literal("prefix", match.prefix);
  if (match.path !== undefined) return literal("exact", match.path);
  if (match.pathSeparatedPrefix !== undefined) return literal("separated", match.pathSeparatedPrefix);
  if (match.connectMatcher !== undefined) return { kind: "connect", text: "", regex: null, length: -1 };
  if (match.safeRegex !== undefined) {
    const text = match.safeRegex.regex;
    const regex = compileRegex(text, "?#");
    if (typeof regex !== "string") return { kind: "regex", text, regex, length: -1 };
    context.report({
      about: match.safeRegex,
      key: "regex",
      code: "invalid_value",
      message: regex,
      found: text,
      wanted: "an expression in RE2 syntax",
    });
    return null;
  }
  const found = match.pathMatchPolicy?.typedConfig.typeUrl;
  context.report({
    about: match,
    key: "pathMatchPolicy",
    code: "unsupported_value",
    message: "path matching extensions are not supported",
    found,
  });
  return null;
}

function compileEntry(config: RouteConfig, matched: number, host: HostParts, context: BuildContext): RouteEntry {
  const { report } = context;
  const { runtime } = context.options;
  const action = config.route;
  const redirect = config.redirect === undefined ? null : compileRedirect(config.redirect, matched, report);
  const retryPolicy = action?.retryPolicy ?? host.config.retryPolicy;
  const ownMirrors = action === undefined ? [] : compileMirrorPolicies(action.requestMirrorPolicies, runtime);
  for (const mirror of ownMirrors)
    if (mirror.clusterName !== "") context.checkCluster(mirror.clusterName, mirror.resource, "cluster");
  if (action?.cluster !== undefined) context.checkCluster(action.cluster, action, "cluster");
  const levels = [...host.perFilterConfigs, config.typedPerFilterConfig];
  const parts: RouteEntryParts = {
    name: config.name,
    virtualHost: host.config.name,
    config: context.perRouteConfig(levels),
    metadata: config.metadata?.filterMetadata,
    resource: config,
    action: actionOf(config),
    responseStatus: redirect?.status ?? config.directResponse?.status ?? 0,
    responseBody:
      config.directResponse === undefined ? "" : directResponseBody(config.directResponse, context.maxDirectResponseBody, report),
    responseContentType: "",
    clusterNotFoundStatus: NOT_FOUND_STATUS[action?.clusterNotFoundResponseCode ?? "SERVICE_UNAVAILABLE"],
    priority: action?.priority ?? "DEFAULT",
    timeout: action?.maxStreamDuration === undefined ? (action?.timeout ?? DEFAULT_TIMEOUT) : 0,
    idleTimeout: action?.idleTimeout,
    boundsStreams: action?.maxStreamDuration !== undefined,
    maxStreamDuration: action?.maxStreamDuration?.maxStreamDuration,
    grpcTimeoutHeaderMax: action?.maxStreamDuration?.grpcTimeoutHeaderMax,
    grpcTimeoutHeaderOffset: action?.maxStreamDuration?.grpcTimeoutHeaderOffset ?? 0,
    maxGrpcTimeout: action?.maxStreamDuration === undefined ? action?.maxGrpcTimeout : undefined,
    grpcTimeoutOffset: action?.grpcTimeoutOffset ?? 0,
    retryPolicy: retryPolicy === undefined ? undefined : compileRetryPolicy(retryPolicy, report),
    hedgeOnPerTryTimeout: action?.hedgePolicy?.hedgeOnPerTryTimeout ?? false,
    mirrors: ownMirrors.length > 0 ? ownMirrors : host.mirrors,
    hashPolicy: action === undefined ? null : compileHashPolicy(action.hashPolicy, report),
    autoHostRewrite: action?.autoHostRewrite ?? false,
    appendForwardedHost: action?.appendXForwardedHost ?? false,
    includeAttemptCount: host.config.includeRequestAttemptCount,
    includeAttemptCountInResponse: host.config.includeAttemptCountInResponse,
    includeIsTimeoutRetryHeader: host.config.includeIsTimeoutRetryHeader,
    requestBufferLimit:
      config.requestBodyBufferLimit ??
      config.perRequestBufferLimitBytes ??
      host.config.requestBodyBufferLimit ??
      host.config.perRequestBufferLimitBytes,
    upgrades: compileUpgrades(action, report),
    internalRedirect: action?.internalRedirectPolicy,
    metadataMatch: lbMetadata(action?.metadataMatch),
    cors: action?.cors ?? host.config.cors,
    statPrefix: config.statPrefix,
  };
  const request = compileHeaderMutations(
    { add: config.requestHeadersToAdd, remove: config.requestHeadersToRemove },
    config,
    report,
  );
  const response = compileHeaderMutations(
    { add: config.responseHeadersToAdd, remove: config.responseHeadersToRemove },
    config,
    report,
  );
  const actions: RouteEntryActions = {
    cluster: action?.cluster ?? "",
    clusterHeader: action?.clusterHeader ?? "",
    weighted: null,
    weightedMutations: null,
    weightedHost: "",
    requestMutations: inOrder([...host.requestMutations, request], context),
    responseMutations: inOrder([...host.responseMutations, response], context),
    redirect,
    pathRewrite: action === undefined ? null : compilePathRewrite(action, matched, report),
    hostLiteral: toWire(action?.hostRewriteLiteral ?? ""),
    hostHeader: action?.hostRewriteHeader ?? "",
    hostPathRegex: action?.hostRewritePathRegex === undefined ? null : compileSubstitution(action.hostRewritePathRegex, report),
  };
  if (action?.weightedClusters === undefined) return new RouteEntry(parts, actions);
  return new RouteEntry(parts, {
    ...actions,
    weighted: compileWeightedClusters(action.weightedClusters, parts, actions, levels, context),
  });
}

function actionOf(config: RouteConfig): RouteKind {
  if (config.redirect !== undefined) return "redirect";
  if (config.directResponse !== undefined) return "direct_response";
  return config.nonForwardingAction !== undefined ? "non_forwarding" : "route";
}

/** Shared, as `NO_UPGRADES`. */
const NO_MUTATIONS: readonly HeaderMutations[] = [];

/** Route configuration, virtual host, route -> the order in which they run: the last one to run wins. */
function inOrder(levels: readonly (HeaderMutations | null)[], context: BuildContext): readonly HeaderMutations[] {
  const present = levels.filter((level) => level !== null);
  if (present.length === 0) return NO_MUTATIONS;
  return context.mostSpecificMutationsWin ? present : present.reverse();
}

function compilePathRewrite(action: RouteAction, matched: number, report: Report): PathRewrite | null {
  if (action.prefixRewrite !== "")
    return new PrefixRewrite(checkedPath(action.prefixRewrite, action, "prefixRewrite", report), matched);
  const regex = action.regexRewrite === undefined ? null : compileSubstitution(action.regexRewrite, report);
  return regex === null ? null : new PathRegexRewrite(regex);
}

/** Shared: most routes have no rules of their own. */
const NO_UPGRADES: ReadonlyMap<string, UpgradeRule> = new Map();

function compileUpgrades(action: RouteAction | undefined, report: Report): ReadonlyMap<string, UpgradeRule> {
  if (action === undefined || action.upgradeConfigs.length === 0) return NO_UPGRADES;
  const rules = new Map<string, UpgradeRule>();
  for (const config of action.upgradeConfigs) {
    const type = config.upgradeType.toLowerCase();
    if (rules.has(type)) {
      report({
        about: config,
        key: "upgradeType",
        code: "duplicate_name",
        message: `duplicate upgrade ${JSON.stringify(config.upgradeType)}`,
        found: config.upgradeType,
      });
    }
    if (config.connectConfig !== undefined && type !== "connect" && type !== "connect-udp") {
      report({
        about: config,
        key: "connectConfig",
        code: "invalid_value",
        message: `connect_config is for CONNECT and CONNECT-UDP, not for ${config.upgradeType}`,
      });
    }
    rules.set(type, { enabled: config.enabled, terminate: config.connectConfig !== undefined });
  }
  return rules;
}
