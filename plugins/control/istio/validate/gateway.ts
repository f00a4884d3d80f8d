import { isIP } from "../../../../core/resources/ip.ts";
import { isHttp, isTls, parseProtocol } from "../protocol.ts";
import type { Gateway, Server } from "../schema/gateway.ts";
import { isDnsLabel, isPartialWildcard, portProblem, unixAddressProblem, wildcardDomainProblem } from "./names.ts";
import type { Report } from "./report.ts";
import { check, checkLabels } from "./shared.ts";
import { checkServerTls } from "./server-tls.ts";

/** Istio: `ValidateGateway`. */
export function validateGateway(object: Gateway, report: Report): void {
  const { spec } = object;
  if (!isDnsLabel(object.name)) report.metadata(["name"], `found "${object.name}", wanted letters, digits and "-"`);
  if (spec.servers.length === 0) report.error(spec, [], 'wanted at least one server in "servers"', "missing_field");
  const names = new Set<string>();
  const serverNames = new Set<string>();
  for (const server of spec.servers) {
    checkServer(server, report);
    const { name } = server.port;
    if (names.has(name))
      report.error(server.port, ["name"], `found "${name}" twice, wanted a name for each port`, "duplicate_name");
    names.add(name);
    if (server.name === undefined) continue;
    if (serverNames.has(server.name)) report.error(server, ["name"], `found "${server.name}" twice`, "duplicate_name");
    serverNames.add(server.name);
  }
  checkLabels(report, spec, ["selector"], spec.selector);
}

function checkServer(server: Server, report: Report): void {
  server.hosts.forEach((host, index) => check(report, server, ["hosts", index], serverHostProblem(host)));
  checkPort(server, report);
  const { tls } = server;
  if (tls !== undefined) checkServerTls(tls, report);
  if (server.defaultEndpoint !== undefined)
    report.warning(server, ["defaultEndpoint"], '"defaultEndpoint" does nothing, in Istio neither');
  const protocol = parseProtocol(server.port.protocol);
  if (protocol === undefined) return;
  if (isTls(protocol) && tls === undefined)
    report.error(server, [], `"tls" is required with protocol ${protocol}`, "missing_field");
  else if (!isTls(protocol) && tls !== undefined) {
    const redirectOnly =
      isHttp(protocol) &&
      (tls.mode === "PASSTHROUGH" || tls.mode === "AUTO_PASSTHROUGH") &&
      tls.caCertificates === undefined &&
      tls.privateKey === undefined &&
      tls.serverCertificate === undefined;
    if (!redirectOnly) {
      const wanted = isHttp(protocol) ? 'nothing but "httpsRedirect", or protocol HTTPS' : "protocol TLS or HTTPS";
      report.error(server, ["tls"], `found TLS settings with protocol ${protocol}, wanted ${wanted}`);
    }
  }
  if (tls?.httpsRedirect === true && !isHttp(protocol))
    report.warning(tls, ["httpsRedirect"], `found "httpsRedirect" with protocol ${protocol}: only plain HTTP is redirected`);
}

function checkPort(server: Server, report: Report): void {
  const { port, bind } = server;
  if (parseProtocol(port.protocol) === undefined) {
    const wanted = "HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TLS, TCP, MONGO, REDIS or MYSQL";
    report.error(port, ["protocol"], `found "${port.protocol}", wanted ${wanted}`, "invalid_enum");
  }
  const unix = bind?.startsWith("unix://") === true;
  if (!unix || port.number > 0)
    check(report, port, ["number"], unix ? "wanted 0 with a Unix domain socket" : portProblem(port.number));
  if (port.targetPort !== undefined && port.targetPort > 0)
    report.error(port, ["targetPort"], '"targetPort" means nothing in a Gateway');
  if (bind === undefined) return;
  if (unix) check(report, server, ["bind"], unixAddressProblem(bind));
  else if (isIP(bind) === 0) report.error(server, ["bind"], `found "${bind}", wanted an IP address`);
}

/** Istio: `ValidateNamespaceSlashWildcardHostname`. */
function serverHostProblem(host: string): string | undefined {
  const slash = host.indexOf("/");
  const namespace = slash < 0 ? "*" : host.slice(0, slash);
  const name = host.slice(slash + 1);
  if (namespace !== "*" && namespace !== "." && !isDnsLabel(namespace))
    return `found "${host}", wanted ".", "*" or a namespace before the slash`;
  if (isIP(name) !== 0) return undefined;
  if (isPartialWildcard(name)) return `found "${host}", wanted "*", a full name, or "*." before one`;
  const problem = wildcardDomainProblem(name);
  if (problem !== undefined) return problem;
  return name === "*" || name.includes(".") ? undefined : `found "${host}", wanted a full name with a dot`;
}
