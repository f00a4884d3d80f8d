import type { AccessLog, Logger } from "../../contract/filter.ts";
import type { StatsScope } from "../../contract/stats.ts";
import type { AccessLog as AccessLogResource } from "../../resources/accesslog.ts";
import type { DecodeContext } from "../../resources/schema/index.ts";

/** What an access log is built with. */
export interface AccessLogContext {
  readonly context: DecodeContext;
  readonly scope: StatsScope;
  readonly log: Logger;
}

/** Builds an access log from its resource; undefined after mistakes, which the context has. The assembly passes the one of plugins/telemetry. */
export type AccessLogFactory = (resource: AccessLogResource, context: AccessLogContext) => AccessLog | undefined;
