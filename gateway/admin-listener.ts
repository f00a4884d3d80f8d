import { FilterChain } from "../core/stream/chain.ts";
import type { Bootstrap } from "../core/resources/bootstrap.ts";
import { HttpConnectionManager as HcmSchema } from "../core/resources/http-connection-manager.ts";
import { decodeValue } from "../core/resources/schema/index.ts";
import type { BuildEnvironment } from "../core/server/build/build-manager.ts";
import type { ExtraListener } from "../core/server/build/build-snapshot.ts";
import { compileHcmOptions } from "../core/server/build/hcm-options.ts";
import { HttpConnectionManager } from "../core/server/hcm/manager.ts";
import { HcmStats } from "../core/server/hcm/stats.ts";
import { AccessLog as AccessLogSchema } from "../core/resources/accesslog.ts";
import { type Report, toResourceError } from "../core/match/problem.ts";
import { compileStringMatcher } from "../core/match/string-matcher.ts";
import type { AccessLog } from "../core/contract/filter.ts";
import { nodeOf } from "../core/resources/schema/index.ts";
import { adminFilter } from "../plugins/admin/admin-filter.ts";
import type { AdminContext } from "../plugins/admin/context.ts";

const FILE_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";
const LOOPBACK = "127.0.0.1";
/** The admin port where neither the bootstrap nor the command line names one: Istio's. */
export const ADMIN_PORT = 15_000;

/**
 * The admin port: an ordinary listener on our own codec whose only filter answers itself. Where the bootstrap says, else on the loopback at Istio's port;
 * a busy port is an error, `--admin-port 0` takes any.
 */
export function adminListener(
  bootstrap: Bootstrap,
  port: number | undefined,
  context: AdminContext,
  env: BuildEnvironment,
): ExtraListener | null {
  const { admin } = bootstrap;
  const configured = admin?.address?.socketAddress;
  // An `admin` block without an address asks for no admin port, as in Envoy.
  if (port === undefined && admin !== undefined && admin.address === undefined) return null;
  if (admin?.address !== undefined && configured === undefined) {
    const node = nodeOf(admin.address);
    if (node !== undefined) env.context.report(node, "invalid_value", "the admin listener takes TCP, wanted a socket_address");
    return null;
  }
  const scope = env.root.scope("http", "admin", "envoy.http_conn_manager_prefix");
  const message = decodeValue(HcmSchema, { statPrefix: "admin", routeConfig: {} }, { file: "admin" }).value;
  if (message === undefined) throw new Error("the admin listener's own configuration is wrong");
  const accessLogs = adminLogs(bootstrap, env);
  const report: Report = (problem) => env.context.add(toResourceError(problem));
  const allowed = (admin?.allowPaths ?? []).map((matcher) => compileStringMatcher(matcher, report));
  if (allowed.length > 0) context.allows = (path) => allowed.some((matcher) => matcher.match(path));
  const filter = adminFilter(context);
  const chain = new FilterChain([{ name: "admin", filter, skipOnError: false, requestBuffer: 65_536, responseBuffer: 0 }]);
  const manager = new HttpConnectionManager({
    options: {
      ...compileHcmOptions(message, { bufferLimit: 1024 * 1024, localAddress: env.localAddress, node: env.node }),
      requestHeadersTimeout: 15_000,
    },
    stats: new HcmStats(scope),
    chain,
    accessLogs,
    log: env.logger("admin"),
    listenerName: "admin",
    filterChainName: "",
    localReply: null,
  });
  return {
    listener: {
      name: "admin",
      host: configured?.address ?? LOOPBACK,
      port: port ?? configured?.portValue ?? ADMIN_PORT,
      backlog: undefined,
      inbound: false,
      admin: true,
      filters: null,
      chains: [],
      ipv6Only: configured?.address.includes(":") === true && !configured.ipv4Compat,
      defaultChain: {
        key: "admin",
        name: "admin",
        criteria: {
          prefixRanges: [],
          serverNames: [],
          transportProtocol: "",
          applicationProtocols: [],
          directSourcePrefixRanges: [],
          sourceType: "ANY",
          sourcePrefixRanges: [],
          sourcePorts: [],
        },
        manager,
        network: null,
        transport: null,
      },
      resource: {},
      scope: env.root.scope("listener", "admin"),
    },
    dispose: () => {
      for (const log of accessLogs) log.dispose?.();
    },
  };
}

/** `access_log`, and its deprecated form `access_log_path`. */
function adminLogs(bootstrap: Bootstrap, env: BuildEnvironment): readonly AccessLog[] {
  const { admin } = bootstrap;
  const resources = [...(admin?.accessLog ?? [])];
  if (admin !== undefined && admin.accessLogPath !== "") {
    const { value } = decodeValue(
      AccessLogSchema,
      { typed_config: { "@type": FILE_LOG, path: admin.accessLogPath } },
      { file: "access_log_path" },
    );
    if (value !== undefined) resources.push(value);
  }
  const scope = env.root.scope("http", "admin", "envoy.http_conn_manager_prefix");
  return resources.flatMap(
    (resource) => env.createAccessLog(resource, { context: env.context, scope, log: env.logger("admin") }) ?? [],
  );
}
