/** Isthmus as a library: a gateway in your own process. */
export { Gateway } from "./gateway.ts";
export { ConfigurationError, type GatewayOptions } from "./options.ts";
export { allFilters } from "./filters.ts";
