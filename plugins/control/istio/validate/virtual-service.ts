import { isIP } from "../../../../core/resources/ip.ts";
import { hostsOverlap, hostWithin } from "../hostname.ts";
import type { VirtualService, VirtualServiceSpec } from "../schema/virtual-service.ts";
import { checkRoutes } from "./destinations.ts";
import { checkHttpRoute } from "./http-route.ts";
import { subnetProblem, wildcardDomainProblem } from "./names.ts";
import type { Path, Report } from "./report.ts";
import { check, checkExportTo, checkGatewayNames, checkLabels, checkPort } from "./shared.ts";

/** The word for sidecars among the names of gateways. */
const MESH = "mesh";

/** Istio: `ValidateVirtualService`. */
export function validateVirtualService(object: VirtualService, report: Report): void {
  const { spec } = object;
  const atGateway = spec.gateways.length > 0 && !spec.gateways.includes(MESH);
  if (spec.hosts.length === 0) checkDelegate(spec, report);
  checkGatewayNames(report, spec, ["gateways"], spec.gateways);
  checkHosts(spec, atGateway, report);
  if (spec.http.length === 0 && spec.tls.length === 0 && spec.tcp.length === 0)
    report.error(spec, [], 'wanted one of "http", "tls", "tcp"', "missing_field");
  for (const route of spec.http) checkHttpRoute(route, spec.hosts.length === 0, report);
  for (const route of spec.tls) checkTlsRoute(spec, route, atGateway, report);
  for (const route of spec.tcp) {
    for (const match of route.match) {
      checkL4Match(match, report);
      if (match.sourceSubnet !== undefined) check(report, match, ["sourceSubnet"], subnetProblem(match.sourceSubnet));
    }
    if (route.route.length === 0) report.error(route, [], '"route" is required', "missing_field");
    checkRoutes(route.route, route, report);
  }
  checkExportTo(report, spec, object.namespace);
}

/** Without hosts it is for another to delegate to. */
function checkDelegate(spec: VirtualServiceSpec, report: Report): void {
  for (const field of ["gateways", "tls", "tcp"] as const) {
    if (spec[field].length > 0)
      report.error(spec, [field], `found "${field}" without "hosts": a VirtualService to delegate to has only "http"`);
  }
}

function checkHosts(spec: VirtualServiceSpec, atGateway: boolean, report: Report): void {
  let valid = true;
  const sni = spec.tls.some(({ match }) => match.some(({ sniHosts }) => sniHosts.length > 0));
  spec.hosts.forEach((host, index) => {
    const path = ["hosts", index];
    const problem = hostProblem(host, atGateway && sni);
    if (problem !== undefined && isIP(host) === 0) {
      report.error(spec, path, problem);
      valid = false;
    } else if (!atGateway && host === "*") {
      report.error(spec, path, 'found "*", which sidecars do not take: wanted names, or "gateways" without "mesh"');
      valid = false;
    }
  });
  if (!valid) return;
  spec.hosts.forEach((host, index) => {
    const before = spec.hosts.slice(0, index).find((other) => hostsOverlap(other, host));
    if (before === undefined) return;
    const message = before === host ? `found "${host}" twice` : `found "${host}" beside "${before}", which have names in common`;
    report.error(spec, ["hosts", index], message, "duplicate_domain");
  });
}

/** A name that clients of an east-west gateway send (`outbound_.80_._.host`) has underscores. */
function hostProblem(host: string, sni: boolean): string | undefined {
  if (sni && /^outbound_\.[0-9]+_\.[^_]*_\.[A-Za-z]/.test(host)) return undefined;
  return wildcardDomainProblem(host);
}

function checkTlsRoute(
  spec: VirtualServiceSpec,
  route: VirtualServiceSpec["tls"][number],
  atGateway: boolean,
  report: Report,
): void {
  if (route.match.length === 0) report.error(route, [], '"match" is required', "missing_field");
  for (const match of route.match) {
    match.sniHosts.forEach((name, index) => checkSniHost(spec, match, name, ["sniHosts", index], atGateway, report));
    checkL4Match(match, report);
  }
  if (route.route.length === 0) report.error(route, [], '"route" is required', "missing_field");
  checkRoutes(route.route, route, report);
}

function checkSniHost(
  spec: VirtualServiceSpec,
  match: object,
  name: string,
  path: Path,
  atGateway: boolean,
  report: Report,
): void {
  const problem = hostProblem(name, atGateway);
  if (problem !== undefined) {
    if (isIP(name) === 0) report.error(match, path, problem);
    else report.warning(match, path, `found "${name}": clients send no IP addresses as SNI (RFC 6066 section 3)`);
    return;
  }
  if (!spec.hosts.some((host) => hostWithin(name, host))) {
    const hosts = spec.hosts.map((host) => `"${host}"`).join(", ");
    report.error(match, path, `found "${name}", wanted a name among the hosts of the VirtualService: ${hosts}`);
  }
}

function checkL4Match(
  match: VirtualServiceSpec["tcp"][number]["match"][number] | VirtualServiceSpec["tls"][number]["match"][number],
  report: Report,
): void {
  match.destinationSubnets.forEach((subnet, index) => check(report, match, ["destinationSubnets", index], subnetProblem(subnet)));
  checkPort(report, match, ["port"], match.port);
  checkLabels(report, match, ["sourceLabels"], match.sourceLabels);
  checkGatewayNames(report, match, ["gateways"], match.gateways);
}
