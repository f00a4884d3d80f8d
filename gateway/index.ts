/** Isthmus as a library: a gateway in your own process. */
export { ConfigurationError, Gateway } from "./gateway.ts";
export type { GatewayOptions } from "./gateway.ts";
export { allFilters } from "./filters.ts";
