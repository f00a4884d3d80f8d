import type { Infer } from "../schema/index.ts";
import { message } from "../schema/index.ts";

export { CorsFilterPolicy } from "../cors-policy.ts";

/** The filter `envoy.filters.http.cors`: policies stand in the routes (`CorsFilterPolicy`). */
export const Cors = message("envoy.extensions.filters.http.cors.v3.Cors", {});
export type Cors = Infer<typeof Cors>;
