import { StringMatcher } from "./matchers.ts";
import { RuntimeFractionalPercent } from "./percent.ts";
import type { Infer } from "./schema/index.ts";
import { boolValue, list, message, string } from "./schema/index.ts";

const fields = {
  /** Origins that may: one must match. Default: none. */
  allowOriginStringMatch: list(StringMatcher),
  /** Value of `access-control-allow-methods`. Default "": not sent. */
  allowMethods: string({ default: "" }),
  /** Value of `access-control-allow-headers`. Default "": not sent. */
  allowHeaders: string({ default: "" }),
  /** Value of `access-control-expose-headers`. Default "": not sent. */
  exposeHeaders: string({ default: "" }),
  /** Value of `access-control-max-age`, in seconds. Default "": not sent. */
  maxAge: string({ default: "" }),
  /** Unset: that of a less specific policy, else false. */
  allowCredentials: boolValue(),
  /** For which part of requests the filter works. Unset: all. */
  filterEnabled: RuntimeFractionalPercent,
  /** Where the filter does not work: for which part it counts what it would have done. Unset: none. */
  shadowEnabled: RuntimeFractionalPercent,
  /** Whether requests to private networks may. Unset: false. */
  allowPrivateNetworkAccess: boolValue(),
  /** Whether preflights from other origins go on to the upstream. Unset: true. */
  forwardNotMatchingPreflights: boolValue(),
};

/** The CORS policy of a route or virtual host in its deprecated place (`cors`). */
export const CorsPolicy = message("envoy.config.route.v3.CorsPolicy", fields, {
  oneofs: [{ name: "enabled_specifier", fields: ["filterEnabled"] }],
});
export type CorsPolicy = Infer<typeof CorsPolicy>;

/** The same as configuration of the filter `envoy.filters.http.cors`, in `typed_per_filter_config`. */
export const CorsFilterPolicy = message("envoy.extensions.filters.http.cors.v3.CorsPolicy", fields);
export type CorsFilterPolicy = Infer<typeof CorsFilterPolicy>;
