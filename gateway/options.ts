import type { FilterDefinition } from "../core/contract/filter.ts";
import type { LogLevel } from "../core/observe/logger.ts";
import type { ServerSteps } from "../core/server/server.ts";
import type { AdminContext } from "../plugins/admin/context.ts";
import type { ConfigSource } from "./configuration/config-source.ts";
import { formatError, type ResourceError } from "../core/resources/schema/index.ts";

/** What a gateway does otherwise that shares its work with other processes. */
export interface GatewayRole extends ServerSteps {
  /** Where configurations come from. */
  readonly files: ConfigSource;
  /** How many processes there are: limits are shared out among them. Default 1. */
  readonly share?: number;
  /** What the admin port shows and does; null: there is none in this process. */
  readonly admin: ((own: AdminContext) => AdminContext) | null;
}

/** How a gateway is made. One of `file`, `paths` and `text` is given. */
export interface GatewayOptions {
  /** The only file, read again at each reload; with `text`, its name in messages. */
  readonly file?: string;
  /** Files and folders, read again at each reload: at most one Envoy bootstrap, and objects of Istio's and Kubernetes'. */
  readonly paths?: readonly string[];
  /** A bootstrap itself instead of files. */
  readonly text?: string;
  /** Namespace of the gateway, and of objects that name none. Default "default". */
  readonly namespace?: string;
  /** The gateway's labels, which Istio's `Gateway.selector` is compared with. Default `{ istio: "ingressgateway" }`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where to listen instead, by the port of a Gateway's server: `{ 80: 8080 }`. Default: the ports that the Gateways say. */
  readonly ports?: Readonly<Record<number, number>>;
  /** Where servers of Gateways without `bind` listen. Default `0.0.0.0`. */
  readonly address?: string;
  /** Filters beside those that ship: by code, or loaded by path. */
  readonly filters: readonly FilterDefinition[];
  readonly plugins?: readonly string[];
  readonly allowUnsupported?: boolean;
  readonly logLevel?: LogLevel;
  /** Takes lines of the program's log. Default: standard error. */
  readonly writeLog?: (line: string) => void;
  /** Overrides the bootstrap's; 0 takes any. */
  readonly adminPort?: number | undefined;
  /** ms that connections have to finish. Default 10,000. */
  readonly drainTime?: number;
  /** Called for `/quitquitquit`. */
  readonly onQuit?: () => void;
  /** Set: it is one of several processes (`--workers`). */
  readonly role?: GatewayRole;
}

/** A configuration was refused: every mistake in it. */
export class ConfigurationError extends Error {
  readonly errors: readonly ResourceError[];
  constructor(errors: readonly ResourceError[]) {
    super(errors.map(formatError).join("\n"));
    this.name = "ConfigurationError";
    this.errors = errors;
  }
}
