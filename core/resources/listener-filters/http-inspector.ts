import type { Infer } from "../schema/index.ts";
import { message } from "../schema/index.ts";

/** `envoy.filters.listener.http_inspector`: tells HTTP/1.0, HTTP/1.1 and HTTP/2 from other plain TCP. */
export const HttpInspector = message("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector", {});
export type HttpInspector = Infer<typeof HttpInspector>;
