import type { Json } from "./json.ts";

/** A message as `google.protobuf.Any`: `typed("envoy.extensions.filters.http.cors.v3.Cors", {})`. */
export function typed(type: string, message: Json = {}): Json {
  return { "@type": `type.googleapis.com/${type}`, ...message };
}
