import type { ConsistentHashLB, LoadBalancerSettings, LocalityLoadBalancerSetting } from "../schema/destination-rule.ts";
import type { Report } from "./report.ts";

/** Istio: `validateLoadBalancer`. `outlierDetection`: whether the policy has one, which failover needs. */
export function checkLoadBalancer(settings: LoadBalancerSettings, outlierDetection: boolean, report: Report): void {
  const { consistentHash, localityLbSetting, zoneAwareLbSetting, warmup } = settings;
  if (consistentHash !== undefined) checkConsistentHash(consistentHash, report);
  if (localityLbSetting !== undefined && zoneAwareLbSetting !== undefined) {
    const message = '"localityLbSetting" and "zoneAwareLbSetting" exclude each other, wanted one';
    report.error(settings, ["zoneAwareLbSetting"], message, "oneof_conflict");
  }
  if (localityLbSetting !== undefined) checkLocality(localityLbSetting, outlierDetection, report);
  if (zoneAwareLbSetting !== undefined) checkFailover(zoneAwareLbSetting, outlierDetection, report);
  if (settings.warmupDurationSecs !== undefined)
    report.warning(settings, ["warmupDurationSecs"], '"warmupDurationSecs" is deprecated, wanted "warmup"');
  if (warmup === undefined) return;
  if (warmup.minimumPercent !== undefined && !(warmup.minimumPercent >= 0 && warmup.minimumPercent <= 100))
    report.error(warmup, ["minimumPercent"], `found ${warmup.minimumPercent}, wanted a percentage from 0 to 100`, "out_of_range");
  if (warmup.aggression !== undefined && !(warmup.aggression > 0))
    report.error(warmup, ["aggression"], `found ${warmup.aggression}, wanted a number above 0`, "out_of_range");
}

/** Envoy: `maglev` takes tables up to this prime. */
const MAX_TABLE = 5_000_011;

function checkConsistentHash(hash: ConsistentHashLB, report: Report): void {
  const names = new Set<string>();
  for (const attribute of hash.httpCookie?.attributes ?? []) {
    if (names.has(attribute.name)) report.error(attribute, ["name"], `found "${attribute.name}" twice`, "duplicate_name");
    names.add(attribute.name);
  }
  const minimum = hash.minimumRingSize ?? 0;
  if (minimum !== 0) {
    report.warning(hash, ["minimumRingSize"], '"minimumRingSize" is deprecated here, wanted it in "ringHash"');
    if (hash.ringHash !== undefined || hash.maglev !== undefined) {
      const message = `"minimumRingSize" and "${hash.ringHash === undefined ? "maglev" : "ringHash"}" exclude each other, wanted one`;
      report.error(hash, ["minimumRingSize"], message, "oneof_conflict");
    }
  }
  const keys = ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"] as const;
  if (keys.every((key) => hash[key] === undefined))
    report.warning(hash, [], `found nothing to hash by, wanted one of ${keys.map((key) => `"${key}"`).join(", ")}`);
  if (hash.maglev === undefined) return;
  const size = hash.maglev.tableSize;
  if (size === undefined || size === 0) report.error(hash.maglev, [], '"tableSize" is required', "missing_field");
  else if (size >= MAX_TABLE || !isPrime(size)) {
    const message = `found ${size}, wanted a prime number below ${MAX_TABLE}`;
    report.error(hash.maglev, ["tableSize"], message, "out_of_range");
  }
}

function isPrime(number: number): boolean {
  if (number < 2) return false;
  for (let factor = 2; factor * factor <= number; factor++) if (number % factor === 0) return false;
  return true;
}

const TOPOLOGY = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

/** Istio: `ValidateLocalityLbSetting`. */
function checkLocality(setting: LocalityLoadBalancerSetting, outlierDetection: boolean, report: Report): void {
  const { distribute, failover, failoverPriority } = setting;
  if (distribute.length > 0 && failover.length > 0) {
    report.error(setting, ["failover"], '"distribute" and "failover" exclude each other, wanted one', "oneof_conflict");
    return;
  }
  const topology = failover.length === 0 ? undefined : failoverPriority.find((label) => TOPOLOGY.includes(label));
  if (topology !== undefined) {
    const message = `found "${topology}" beside "failover", which orders regions already`;
    report.error(setting, ["failoverPriority", failoverPriority.indexOf(topology)], message);
  }
  const from: string[] = [];
  for (const rule of distribute) {
    from.push(rule.from ?? "");
    let total = 0;
    for (const [locality, weight] of Object.entries(rule.to)) {
      if (weight < 1 || weight > 100)
        report.error(rule, ["to", locality], `found ${weight}, wanted a weight from 1 to 100`, "out_of_range");
      total += weight;
    }
    if (total !== 100) report.error(rule, ["to"], `found weights that sum to ${total}, wanted 100`, "out_of_range");
    const problem = localitiesProblem(Object.keys(rule.to));
    if (problem !== undefined) report.error(rule, ["to"], problem);
  }
  const problem = localitiesProblem(from);
  if (problem !== undefined) report.error(setting, ["distribute"], problem);
  checkFailover(setting, outlierDetection, report);
}

interface FailoverSetting {
  readonly failover: readonly { readonly from: string | undefined; readonly to: string | undefined }[];
  readonly failoverPriority: readonly string[];
}

function checkFailover(setting: FailoverSetting, outlierDetection: boolean, report: Report): void {
  const { failover, failoverPriority } = setting;
  if ((failover.length > 0 || failoverPriority.length > 0) && !outlierDetection)
    report.warning(setting, [], 'failover wants "outlierDetection" to know which endpoints have failed');
  for (const rule of failover) {
    if (rule.from === rule.to) report.error(rule, ["to"], `found "${rule.to ?? ""}" twice, wanted two regions`);
    for (const field of ["from", "to"] as const) {
      const text = rule[field] ?? "";
      if (text.includes("/") || text.includes("*")) report.error(rule, [field], `found "${text}", wanted a region alone`);
    }
  }
}

/** Localities `region/zone/subzone`, `*` at the end at most, none of which is part of one before. Istio: `validateLocalities`. */
function localitiesProblem(localities: readonly string[]): string | undefined {
  const seen: string[][] = [];
  for (const locality of localities) {
    const star = locality.indexOf("*");
    if (star >= 0 && star !== locality.length - 1) return `found "${locality}", wanted "*" at the end only`;
    const parts = locality.split("/").slice(0, 3);
    if (parts.includes("")) return `found "${locality}", wanted region, zone and subzone that are not empty`;
    const trimmed = parts[parts.length - 1] === "*" ? parts.slice(0, -1) : parts;
    const other = seen.find((before) => {
      const length = Math.min(before.length, trimmed.length);
      return before.slice(0, length).every((part, i) => part === trimmed[i]);
    });
    if (other !== undefined) return `found "${locality}" beside "${other.join("/") || "*"}", which overlap`;
    seen.push(trimmed);
  }
  return undefined;
}
