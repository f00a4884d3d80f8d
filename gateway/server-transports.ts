import type { ServerTransportFactory } from "../core/server/build/server-transports.ts";

/** Transport sockets of filter chains by type URL, beside the plain one. */
export const SERVER_TRANSPORTS: ReadonlyMap<string, ServerTransportFactory> = new Map();
