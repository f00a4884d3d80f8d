import type { ConnectionPoolSettings, DestinationRule, OutlierDetection, TrafficPolicy } from "../schema/destination-rule.ts";
import { checkClientTls } from "./client-tls.ts";
import { checkLoadBalancer } from "./load-balancer.ts";
import { isDnsLabel, portProblem, wildcardDomainProblem } from "./names.ts";
import type { Report } from "./report.ts";
import { check, checkExportTo, checkLabels, isAddress } from "./shared.ts";

/** Istio: `ValidateDestinationRule`. */
export function validateDestinationRule(object: DestinationRule, report: Report): void {
  const { spec } = object;
  check(report, spec, ["host"], wildcardDomainProblem(spec.host));
  if (spec.trafficPolicy !== undefined) checkTrafficPolicy(spec.trafficPolicy, report);
  const names = new Set<string>();
  for (const subset of spec.subsets) {
    if (names.has(subset.name)) report.error(subset, ["name"], `found subset "${subset.name}" twice`, "duplicate_name");
    names.add(subset.name);
    if (!isDnsLabel(subset.name))
      report.error(subset, ["name"], `found "${subset.name}", wanted the name of a subset: letters, digits and "-"`);
    checkLabels(report, subset, ["labels"], subset.labels);
    if (subset.trafficPolicy !== undefined) checkTrafficPolicy(subset.trafficPolicy, report);
  }
  const selector = spec.workloadSelector;
  checkExportTo(report, spec, object.namespace, { ownOnly: selector !== undefined });
  if (selector === undefined) return;
  if (Object.keys(selector.matchLabels).length === 0)
    report.warning(spec, ["workloadSelector"], "found no labels: it selects every workload of the namespace");
  for (const [key, value] of Object.entries(selector.matchLabels)) {
    if (key.includes("*") || value.includes("*"))
      report.error(spec, ["workloadSelector", "matchLabels", key], `found "${value}", wanted no wildcards in a selector`);
  }
}

const SETTINGS = ["outlierDetection", "connectionPool", "loadBalancer", "tls"] as const;

/** Istio: `validateTrafficPolicy`. */
function checkTrafficPolicy(policy: TrafficPolicy, report: Report): void {
  const { tunnel, proxyProtocol, portLevelSettings, retryBudget } = policy;
  const empty =
    SETTINGS.every((field) => policy[field] === undefined) &&
    portLevelSettings.length === 0 &&
    tunnel === undefined &&
    proxyProtocol === undefined &&
    retryBudget === undefined;
  if (empty) report.error(policy, [], "found a policy without a setting, wanted at least one", "missing_field");
  if (tunnel !== undefined && proxyProtocol !== undefined)
    report.error(policy, ["proxyProtocol"], '"tunnel" and "proxyProtocol" exclude each other, wanted one', "oneof_conflict");
  checkSettings(policy, report);
  for (const settings of portLevelSettings) {
    if (settings.port === undefined) report.error(settings, [], '"port" is required', "missing_field");
    else check(report, settings, ["port", "number"], portProblem(settings.port.number));
    if (SETTINGS.every((field) => settings[field] === undefined))
      report.error(settings, [], "found a policy without a setting, wanted at least one", "missing_field");
    checkSettings(settings, report);
  }
  if (retryBudget?.percent !== undefined && !(retryBudget.percent >= 0 && retryBudget.percent <= 100))
    report.error(retryBudget, ["percent"], `found ${retryBudget.percent}, wanted a percentage from 0 to 100`, "out_of_range");
  if (tunnel === undefined) return;
  if (tunnel.protocol !== undefined && tunnel.protocol !== "CONNECT" && tunnel.protocol !== "POST")
    report.error(tunnel, ["protocol"], `found "${tunnel.protocol}", wanted "CONNECT" or "POST"`);
  if (!isAddress(tunnel.targetHost))
    report.error(tunnel, ["targetHost"], `found "${tunnel.targetHost}", wanted a DNS name or an IP address`);
  check(report, tunnel, ["targetPort"], portProblem(tunnel.targetPort));
}

function checkSettings(policy: Pick<TrafficPolicy, (typeof SETTINGS)[number]>, report: Report): void {
  const { outlierDetection, connectionPool, loadBalancer, tls } = policy;
  if (outlierDetection !== undefined) checkOutlierDetection(outlierDetection, report);
  if (connectionPool !== undefined) checkConnectionPool(connectionPool, report);
  if (loadBalancer !== undefined) checkLoadBalancer(loadBalancer, outlierDetection !== undefined, report);
  if (tls !== undefined) checkClientTls(tls, report);
}

/** Istio: `validateOutlierDetection`. */
function checkOutlierDetection(outlier: OutlierDetection, report: Report): void {
  if (outlier.consecutiveErrors !== 0) {
    const message = '"consecutiveErrors" is deprecated, wanted "consecutive5xxErrors" or "consecutiveGatewayErrors"';
    report.warning(outlier, ["consecutiveErrors"], message);
  }
  if (!outlier.splitExternalLocalOriginErrors && (outlier.consecutiveLocalOriginFailures ?? 0) > 0) {
    const message = 'found "consecutiveLocalOriginFailures" without "splitExternalLocalOriginErrors": true';
    report.error(outlier, ["consecutiveLocalOriginFailures"], message);
  }
  for (const field of ["maxEjectionPercent", "minHealthPercent"] as const) {
    if (outlier[field] < 0 || outlier[field] > 100)
      report.error(outlier, [field], `found ${outlier[field]}, wanted a percentage from 0 to 100`, "out_of_range");
  }
}

/** Istio: `validateConnectionPool`. */
function checkConnectionPool(pool: ConnectionPoolSettings, report: Report): void {
  const { http, tcp } = pool;
  if (http === undefined && tcp === undefined) report.error(pool, [], 'wanted "http", "tcp" or both', "missing_field");
  if (tcp !== undefined && tcp.maxConnections < 0)
    report.error(tcp, ["maxConnections"], `found ${tcp.maxConnections}, wanted at least 0`, "out_of_range");
  if (http === undefined) return;
  const counts = [
    "http1MaxPendingRequests",
    "http2MaxRequests",
    "maxRequestsPerConnection",
    "maxRetries",
    "maxConcurrentStreams",
  ] as const;
  for (const field of counts) {
    if (http[field] < 0) report.error(http, [field], `found ${http[field]}, wanted at least 0`, "out_of_range");
  }
  if (http.h2UpgradePolicy === "UPGRADE" && http.useClientProtocol) {
    const message = '"useClientProtocol" and "h2UpgradePolicy": UPGRADE exclude each other, wanted one';
    report.error(http, ["useClientProtocol"], message, "oneof_conflict");
  }
  const keepAlive = http.http2KeepAlive;
  for (const field of ["interval", "timeout"] as const) {
    if (keepAlive !== undefined && keepAlive[field] === undefined)
      report.error(keepAlive, [], `"${field}" is required`, "missing_field");
  }
}
