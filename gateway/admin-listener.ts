import { FilterChain } from "../core/stream/chain.ts";
import type { Bootstrap } from "../core/resources/bootstrap.ts";
import { HttpConnectionManager as HcmSchema } from "../core/resources/http-connection-manager.ts";
import { decodeValue } from "../core/resources/schema/index.ts";
import type { BuildEnvironment } from "../core/server/build/build-manager.ts";
import type { ExtraListener } from "../core/server/build/build-snapshot.ts";
import { compileHcmOptions } from "../core/server/build/hcm-options.ts";
import { HttpConnectionManager } from "../core/server/hcm/manager.ts";
import { HcmStats } from "../core/server/hcm/stats.ts";
import { adminFilter } from "../plugins/admin/admin-filter.ts";
import type { AdminContext } from "../plugins/admin/context.ts";

const LOOPBACK = "127.0.0.1";
const PORT = 15_000;

/**
 * The admin port: an ordinary listener on our own codec whose only filter answers itself. Where the bootstrap says, else on the loopback at Istio's port;
 * a busy port is an error, `--admin-port 0` takes any.
 */
export function adminListener(bootstrap: Bootstrap, port: number | undefined, context: AdminContext, env: BuildEnvironment): ExtraListener | null {
  const configured = bootstrap.admin?.address?.socketAddress;
  // An `admin` block without an address asks for no admin port, as in Envoy.
  if (port === undefined && bootstrap.admin !== undefined && configured === undefined) return null;
  const scope = env.root.scope("http", "admin", "envoy.http_conn_manager_prefix");
  const message = decodeValue(HcmSchema, { statPrefix: "admin", routeConfig: {} }, { file: "admin" }).value;
  if (message === undefined) throw new Error("the admin listener's own configuration is wrong");
  const filter = adminFilter(context);
  const chain = new FilterChain([{ name: "admin", filter, skipOnError: false, requestBuffer: 65_536, responseBuffer: 0 }]);
  const manager = new HttpConnectionManager({
    options: { ...compileHcmOptions(message, { bufferLimit: 1024 * 1024, localAddress: env.localAddress }), requestHeadersTimeout: 15_000 },
    stats: new HcmStats(scope),
    chain,
    routes: { match: () => undefined },
    routesChooseChain: false,
    accessLogs: [],
    log: env.logger("admin"),
    listenerName: "admin",
    filterChainName: "",
    localReply: null,
  });
  return {
    listener: {
      name: "admin",
      host: configured?.address ?? LOOPBACK,
      port: port ?? configured?.portValue ?? PORT,
      backlog: undefined,
      inbound: false,
      admin: true,
      chains: [],
      defaultChain: {
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
      },
      resource: {},
      scope: env.root.scope("listener", "admin"),
    },
    dispose: () => undefined,
  };
}
