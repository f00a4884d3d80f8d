import { isIP } from "../../../../core/resources/ip.ts";
import { isHttp, isTls, parseProtocol } from "../protocol.ts";
import type { ServiceEntry, ServiceEntrySpec, WorkloadEntry, WorkloadEntryObject } from "../schema/service-entry.ts";
import {
  domainProblem,
  isDnsLabel,
  isPartialWildcard,
  portProblem,
  subnetProblem,
  unixAddressProblem,
  wildcardDomainProblem,
} from "./names.ts";
import type { Report } from "./report.ts";
import { check, checkExportTo, checkLabels, checkPort, isAddress } from "./shared.ts";

/** Istio: `ValidateServiceEntry`. */
export function validateServiceEntry(object: ServiceEntry, report: Report): void {
  const { spec } = object;
  checkSelector(spec, report);
  checkHosts(spec, report);
  spec.addresses.forEach((address, index) => check(report, spec, ["addresses", index], subnetProblem(address)));
  const range = spec.addresses.findIndex((address) => address.includes("/"));
  if (range >= 0 && spec.resolution !== "NONE" && spec.resolution !== "STATIC")
    report.error(
      spec,
      ["addresses", range],
      `found "${spec.addresses[range]}" with resolution ${spec.resolution}, wanted an IP address`,
    );
  checkPorts(spec, report);
  checkResolution(spec, report);
  if (spec.resolution !== "NONE" && spec.hosts.length > 1) {
    // The Host tells requests apart and SNI tells TLS connections apart; nothing tells others.
    const plain = spec.ports.find(
      ({ protocol }) => !isHttp(parseProtocol(protocol ?? "")) && !isTls(parseProtocol(protocol ?? "")),
    );
    if (plain !== undefined) {
      const message = `found ${spec.hosts.length} hosts with a port of protocol ${plain.protocol ?? "TCP"}, wanted one host, or HTTP or TLS ports`;
      report.error(spec, ["hosts"], message);
    }
  }
  checkExportTo(report, spec, object.namespace, { none: true });
}

/** Istio: `ValidateWorkloadEntry`. */
export function validateWorkloadEntry(object: WorkloadEntryObject, report: Report): void {
  checkEndpoint(object.spec, undefined, true, report);
}

function checkSelector(spec: ServiceEntrySpec, report: Report): void {
  const selector = spec.workloadSelector;
  if (selector === undefined) return;
  if (spec.endpoints.length > 0)
    report.error(
      spec,
      ["workloadSelector"],
      '"endpoints" and "workloadSelector" exclude each other, wanted one',
      "oneof_conflict",
    );
  if (Object.keys(selector.labels).length === 0)
    report.warning(spec, ["workloadSelector"], "found no labels: it selects every workload of the namespace");
  for (const [key, value] of Object.entries(selector.labels)) {
    if (key.includes("*") || value.includes("*"))
      report.error(spec, ["workloadSelector", "labels", key], `found "${value}", wanted no wildcards in a selector`);
  }
  if (spec.resolution === "NONE")
    report.warning(spec, ["workloadSelector"], 'found "workloadSelector" with resolution NONE, which has no endpoints');
}

function checkHosts(spec: ServiceEntrySpec, report: Report): void {
  spec.hosts.forEach((host, index) => {
    const path = ["hosts", index];
    if (host === "*") report.error(spec, path, 'found "*", wanted names');
    else {
      check(report, spec, path, wildcardDomainProblem(host));
      if (spec.resolution === "DYNAMIC_DNS") {
        if (!host.startsWith("*"))
          report.error(spec, path, `found "${host}" with resolution DYNAMIC_DNS, wanted a wildcard such as "*.x"`);
      } else if (isPartialWildcard(host)) report.warning(spec, path, `found "${host}", wanted a full name, or "*." before one`);
    }
  });
}

function checkPorts(spec: ServiceEntrySpec, report: Report): void {
  const names = new Set<string>();
  const numbers = new Set<number>();
  for (const port of spec.ports) {
    if (names.has(port.name)) report.error(port, ["name"], `found port "${port.name}" twice`, "duplicate_name");
    if (numbers.has(port.number)) report.error(port, ["number"], `found port ${port.number} twice`, "duplicate_name");
    names.add(port.name);
    numbers.add(port.number);
    check(report, port, ["number"], portProblem(port.number));
    checkPort(report, port, ["targetPort"], port.targetPort);
    if (!isDnsLabel(port.name)) report.error(port, ["name"], `found "${port.name}", wanted letters, digits and "-"`);
    if (port.protocol !== undefined && parseProtocol(port.protocol) === undefined) {
      const wanted = "HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TLS, TCP, MONGO, REDIS or MYSQL";
      report.error(port, ["protocol"], `found "${port.protocol}", wanted ${wanted}`, "invalid_enum");
    }
  }
}

function checkResolution(spec: ServiceEntrySpec, report: Report): void {
  const { resolution, endpoints } = spec;
  const names = new Set(spec.ports.map(({ name }) => name));
  switch (resolution) {
    case "NONE":
      if (endpoints.length > 0)
        report.error(spec, ["endpoints"], "found endpoints with resolution NONE, wanted STATIC or DNS for these");
      break;
    case "STATIC":
      for (const endpoint of endpoints) checkEndpoint(endpoint, names, false, report);
      break;
    case "DNS":
    case "DNS_ROUND_ROBIN":
      if (endpoints.length === 0) {
        const index = spec.hosts.findIndex((host) => domainProblem(host) !== undefined);
        if (index >= 0) {
          const message = `found "${spec.hosts[index]}" with resolution ${resolution} and no endpoints: no name to look up`;
          report.error(spec, ["hosts", index], message);
        }
      }
      if (resolution === "DNS_ROUND_ROBIN" && endpoints.length > 1)
        report.error(
          spec,
          ["endpoints"],
          `found ${endpoints.length} endpoints with resolution DNS_ROUND_ROBIN, wanted at most one`,
        );
      for (const endpoint of endpoints) checkDnsEndpoint(endpoint, names, report);
      if (spec.addresses.length > 0 && spec.hosts.length > 1 && spec.ports.some(({ protocol }) => isTcp(protocol)))
        report.warning(spec, ["hosts"], "found several hosts with addresses and a TCP port: connections can't be told apart");
      break;
    case "DYNAMIC_DNS":
      for (const field of ["addresses", "endpoints"] as const) {
        if (spec[field].length > 0)
          report.error(
            spec,
            [field],
            `found "${field}" with resolution DYNAMIC_DNS, where the host of each request is looked up`,
          );
      }
      for (const port of spec.ports) {
        const protocol = parseProtocol(port.protocol ?? "");
        if (protocol !== "HTTP" && protocol !== "TLS" && protocol !== "GRPC" && protocol !== "HTTP2") {
          const message = `found ${port.protocol ?? "no protocol"} with resolution DYNAMIC_DNS, wanted HTTP, HTTP2, GRPC or TLS`;
          report.error(port, ["protocol"], message);
        }
      }
  }
}

function isTcp(text: string | undefined): boolean {
  const protocol = parseProtocol(text ?? "");
  return protocol !== undefined && !isHttp(protocol) && protocol !== "UDP";
}

/** Istio: `validateWorkloadEntry`. `ports`: names of the ports of the service, when it is known. */
function checkEndpoint(endpoint: WorkloadEntry, ports: ReadonlySet<string> | undefined, dns: boolean, report: Report): void {
  const { address } = endpoint;
  if (address === undefined) {
    if (endpoint.network === undefined) report.error(endpoint, [], '"address" is required', "missing_field");
    else report.warning(endpoint, [], `found no "address", only network "${endpoint.network}"`);
  } else if (address.startsWith("unix://")) {
    check(report, endpoint, ["address"], unixAddressProblem(address));
    if (Object.keys(endpoint.ports).length > 0) report.error(endpoint, ["ports"], "found ports with a Unix domain socket");
    if (ports !== undefined && ports.size !== 1)
      report.error(endpoint, ["address"], `found a Unix domain socket with ${ports.size} ports, wanted one port`);
  } else if (dns ? !isAddress(address) : isIP(address) === 0) {
    const wanted = dns ? "an IP address, a DNS name" : "an IP address (resolution STATIC)";
    report.error(endpoint, ["address"], `found "${address}", wanted ${wanted} or "unix://" and a path`);
  }
  checkEndpointPorts(endpoint, ports, report);
}

function checkDnsEndpoint(endpoint: WorkloadEntry, ports: ReadonlySet<string>, report: Report): void {
  const { address } = endpoint;
  if (address === undefined) report.error(endpoint, [], '"address" is required', "missing_field");
  else if (!isAddress(address)) report.error(endpoint, ["address"], `found "${address}", wanted a DNS name or an IP address`);
  checkEndpointPorts(endpoint, ports, report);
}

function checkEndpointPorts(endpoint: WorkloadEntry, ports: ReadonlySet<string> | undefined, report: Report): void {
  for (const [name, port] of Object.entries(endpoint.ports)) {
    if (!isDnsLabel(name)) report.keyError(endpoint, ["ports"], name, `found "${name}", wanted letters, digits and "-"`);
    else if (ports !== undefined && !ports.has(name))
      report.keyError(endpoint, ["ports"], name, `found "${name}", wanted the name of a port of the ServiceEntry`);
    check(report, endpoint, ["ports", name], portProblem(port));
  }
  checkLabels(report, endpoint, ["labels"], endpoint.labels);
}
