import { isIP } from "../../../../core/resources/ip.ts";
import type { Secret } from "../schema/secret.ts";
import type { Endpoints, EndpointSlice, Service } from "../schema/service.ts";
import { domainProblem, isDnsLabel } from "./names.ts";
import type { Report } from "./report.ts";

/** What the API server would refuse of the fields that matter here. */
export function validateService(object: Service, report: Report): void {
  const { spec } = object;
  if (!isDnsLabel(object.name)) report.metadata(["name"], `found "${object.name}", wanted letters, digits and "-"`);
  const types = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];
  if (!types.includes(spec.type))
    report.error(spec, ["type"], `found "${spec.type}", wanted one of ${types.join(", ")}`, "invalid_enum");
  if (spec.type === "ExternalName") {
    if (spec.externalName === undefined)
      report.error(spec, [], '"externalName" is required with type ExternalName', "missing_field");
    else if (domainProblem(spec.externalName) !== undefined)
      report.error(spec, ["externalName"], `found "${spec.externalName}", wanted a DNS name`);
  } else if (spec.ports.length === 0 && spec.clusterIP !== "None") report.error(spec, [], '"ports" is required', "missing_field");
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const port of spec.ports) {
    checkTransport(port, report);
    if (port.name === undefined) {
      if (spec.ports.length > 1) report.error(port, [], '"name" is required when there are several ports', "missing_field");
    } else {
      if (names.has(port.name)) report.error(port, ["name"], `found port "${port.name}" twice`, "duplicate_name");
      names.add(port.name);
    }
    const number = `${port.port}/${port.protocol}`;
    if (numbers.has(number)) report.error(port, ["port"], `found port ${number} twice`, "duplicate_name");
    numbers.add(number);
    const target = port.targetPort;
    if (typeof target === "number" ? !(target >= 0 && target <= 65_535) : target !== undefined && !isDnsLabel(target))
      report.error(port, ["targetPort"], `found "${target}", wanted a port from 1 to 65535, or the name of one`);
  }
}

function checkTransport(port: { readonly protocol: string }, report: Report): void {
  if (!["TCP", "UDP", "SCTP"].includes(port.protocol))
    report.error(port, ["protocol"], `found "${port.protocol}", wanted one of TCP, UDP, SCTP`, "invalid_enum");
}

/** Addresses and ports of an `Endpoints` object. */
export function validateEndpoints(object: Endpoints, report: Report): void {
  for (const subset of object.spec.subsets) {
    for (const address of [...subset.addresses, ...subset.notReadyAddresses]) {
      if (isIP(address.ip) === 0) report.error(address, ["ip"], `found "${address.ip}", wanted an IP address`);
    }
    checkPorts(subset, report);
  }
}

/** Address type, addresses and ports of an `EndpointSlice`. */
export function validateEndpointSlice(object: EndpointSlice, report: Report): void {
  const { spec } = object;
  if (object.labels["kubernetes.io/service-name"] === undefined)
    report.warning(spec, ["metadata"], 'found no label "kubernetes.io/service-name": the slice belongs to no Service');
  const type = spec.addressType;
  if (!["IPv4", "IPv6", "FQDN"].includes(type))
    report.error(spec, ["addressType"], `found "${type}", wanted one of IPv4, IPv6, FQDN`, "invalid_enum");
  for (const endpoint of spec.endpoints) {
    endpoint.addresses.forEach((address, index) => {
      const version = isIP(address);
      const valid = type === "FQDN" ? domainProblem(address) === undefined : version === (type === "IPv6" ? 6 : 4);
      if (!valid) report.error(endpoint, ["addresses", index], `found "${address}", wanted an address of type ${type}`);
    });
  }
  checkPorts(spec, report);
}

function checkPorts(owner: Endpoints["spec"]["subsets"][number] | EndpointSlice["spec"], report: Report): void {
  const names = new Set<string>();
  for (const port of owner.ports) {
    checkTransport(port, report);
    const name = port.name ?? "";
    if (names.has(name)) report.error(port, ["name"], `found port "${name}" twice`, "duplicate_name");
    names.add(name);
  }
}

/** That a `Secret` of a kind that we read has what that kind must have. */
export function validateSecret(object: Secret, report: Report): void {
  const { spec } = object;
  if (spec.type !== "kubernetes.io/tls") return;
  for (const key of ["tls.crt", "tls.key"]) {
    if (spec.data[key] === undefined && spec.stringData[key] === undefined)
      report.error(
        spec,
        ["type"],
        `a Secret of type kubernetes.io/tls wants "${key}" in "data" or "stringData"`,
        "missing_field",
      );
  }
}
