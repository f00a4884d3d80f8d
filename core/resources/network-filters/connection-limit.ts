import { RuntimeFeatureFlag } from "../base.ts";
import type { Infer } from "../schema/index.ts";
import { duration, message, string, uint64Value } from "../schema/index.ts";

/** `envoy.filters.network.connection_limit`: at most so many connections at a time. */
export const ConnectionLimit = message("envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit", {
  /** Counters are below `connection_limit.PREFIX.`. */
  statPrefix: string({ minLength: 1, required: true }),
  /** Of each filter chain that has the filter. Unset: no limit. */
  maxConnections: uint64Value({ min: 1 }),
  /** Milliseconds after which a connection beyond the limit is closed, to slow down who comes again at once. Unset: at once. */
  delay: duration({ min: 0 }),
  /** Unset: enabled. */
  runtimeEnabled: RuntimeFeatureFlag,
});
export type ConnectionLimit = Infer<typeof ConnectionLimit>;
