import type { LogLevel } from "../core/observe/logger.ts";
import type { GatewayArguments } from "./arguments.ts";
import { allFilters } from "./filters.ts";
import type { GatewayOptions } from "./options.ts";

/** The options of a gateway that was asked for on the command line. `text`: the bootstrap itself, in place of the paths. */
export function gatewayOptions(args: GatewayArguments, logLevel: LogLevel, text?: string): GatewayOptions {
  return {
    ...(text === undefined ? { paths: args.paths } : { file: "--to.json", text }),
    namespace: args.namespace,
    labels: args.labels,
    ports: args.ports,
    ...(args.address === undefined ? {} : { address: args.address }),
    filters: allFilters,
    plugins: args.plugins,
    allowUnsupported: args.allowUnsupported,
    logLevel,
    adminPort: args.adminPort,
    drainTime: args.drainTime,
  };
}
