import { compileRegex } from "../../../../core/match/regex.ts";
import { isIP } from "../../../../core/resources/ip.ts";
import type { StringMatch } from "../schema/virtual-service.ts";
import { domainProblem, isDnsLabel, labelKeyProblem, labelValueProblem, portProblem } from "./names.ts";
import type { Path, Report } from "./report.ts";

/** Reports the problem at a member, if there is one. */
export function check(report: Report, at: object, path: Path, problem: string | undefined): void {
  if (problem !== undefined) report.error(at, path, problem);
}

/** Labels that select. Istio: `labels.Instance.Validate`. */
export function checkLabels(report: Report, at: object, path: Path, labels: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(labels)) {
    const problem = labelKeyProblem(key);
    if (problem !== undefined) report.keyError(at, path, key, problem);
    check(report, at, [...path, key], labelValueProblem(labels[key]));
  }
}

/** A port that may be unset. */
export function checkPort(report: Report, at: object, path: Path, port: number | undefined): void {
  if (port !== undefined && port !== 0) check(report, at, path, portProblem(port));
}

/** Where RE2 would have refused it: Istio limits the text because it can't tell the size of the program. */
const MAX_REGEX = 1024;

/** An expression in RE2's syntax. */
export function regexProblem(pattern: string): string | undefined {
  if (pattern === "") return 'found "", wanted a regular expression';
  if (pattern.length > MAX_REGEX)
    return `found a regular expression of ${pattern.length} characters, wanted at most ${MAX_REGEX}`;
  const compiled = compileRegex(pattern);
  return typeof compiled === "string" ? `found "${pattern}", wanted a regular expression of RE2: ${compiled}` : undefined;
}

/** Istio: `validateStringMatch`. `emptyPrefix`: whether the empty prefix means everything, as it does for a path. */
export function checkStringMatch(
  report: Report,
  at: object,
  path: Path,
  match: StringMatch | undefined,
  emptyPrefix = false,
): void {
  if (match === undefined) return;
  if (match.prefix === "" && !emptyPrefix) report.error(at, [...path, "prefix"], 'found "", wanted a prefix that is not empty');
  if (match.regex !== undefined) check(report, at, [...path, "regex"], regexProblem(match.regex));
}

/** Names of gateways: `name`, `namespace/name`, or the old `name.namespace.svc.cluster.local`. Istio: `validateGatewayNames`. */
export function checkGatewayNames(report: Report, at: object, path: Path, names: readonly string[]): void {
  names.forEach((name, index) => {
    const where = [...path, index];
    const slash = name.indexOf("/");
    if (slash < 0) {
      const [first, second] = name.split(".");
      if (second !== undefined)
        report.warning(at, where, `found "${name}", wanted the form namespace/name: "${second}/${first}"`);
      check(report, at, where, domainProblem(name));
      return;
    }
    const [namespace, gateway] = [name.slice(0, slash), name.slice(slash + 1)];
    if (!isDnsLabel(namespace)) report.error(at, where, `found "${name}", wanted a namespace before the slash`);
    else if (!isDnsLabel(gateway)) report.error(at, where, `found "${name}", wanted the name of a Gateway behind the slash`);
  });
}

/** Where an object is seen. Istio: `validateExportTo`. */
export function checkExportTo(
  report: Report,
  spec: { readonly exportTo: readonly string[] },
  namespace: string,
  rules: { readonly none?: boolean; readonly ownOnly?: boolean } = {},
): void {
  const { exportTo } = spec;
  const seen = new Set<string>();
  exportTo.forEach((entry, index) => {
    const path = ["exportTo", index];
    const key = entry === "." ? namespace : entry;
    if (seen.has(key)) {
      const what = key === entry ? `"${entry}"` : `"." and "${namespace}", which are the same here`;
      report.error(spec, path, `found ${what} twice`, "duplicate_name");
      return;
    }
    if (key !== "*" && !(key === "~" && rules.none === true) && !isDnsLabel(key)) {
      const hint = key === "~" ? ': "~" is for ServiceEntries' : "";
      report.error(spec, path, `found "${entry}", wanted ".", "*" or the name of a namespace${hint}`);
      return;
    }
    seen.add(key);
  });
  if (seen.has("*") && exportTo.length > 1) report.error(spec, ["exportTo"], 'found "*" beside others, wanted one of the two');
  if (seen.has("~") && exportTo.length > 1)
    report.error(spec, ["exportTo"], 'found "~" (nobody) beside others, wanted one of the two');
  if (rules.ownOnly === true && (seen.size > 1 || (seen.size === 1 && !seen.has(namespace))))
    report.error(spec, ["exportTo"], 'wanted only ".": a DestinationRule with workloadSelector is for its own namespace');
}

/** An address of an endpoint: an IP address or a DNS name. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 || domainProblem(text) === undefined;
}
