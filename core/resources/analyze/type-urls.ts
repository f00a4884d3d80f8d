import { knownMessage } from "../descriptors.ts";
import type { ExtensionKind, Extensions } from "../extensions.ts";
import { parse, TypedConfig } from "../schema/any.ts";
import type { DecodeContext } from "../schema/context.ts";
import { nearest } from "../schema/names.ts";

const KINDS: Readonly<Record<ExtensionKind, string>> = {
  listener_filter: "a listener filter",
  network_filter: "a network filter",
  http_filter: "an HTTP filter",
  access_log: "an access log",
  route_config: "configuration of a filter for a route",
  other: "an extension",
};

/** Which extensions may stand in which field. A filter's own message may also configure it for a route. */
const FIELDS: Readonly<Record<string, readonly ExtensionKind[]>> = {
  listenerFilters: ["listener_filter"],
  filters: ["network_filter", "http_filter"],
  httpFilters: ["http_filter"],
  accessLog: ["access_log"],
  upstreamLog: ["access_log"],
  typedPerFilterConfig: ["route_config", "http_filter"],
};

/**
 * Checks every extension below a resource: that its type URL is known, that it may stand there, and that its configuration can be
 * read by its schema; what that holds is checked in turn.
 */
export function checkTypeUrls(resource: unknown, extensions: Extensions, context: DecodeContext): void {
  visit(resource, "", false);

  function visit(value: unknown, field: string, optional: boolean): void {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
    if (value instanceof TypedConfig) {
      check(value, field, optional);
      return;
    }
    if (Array.isArray(value)) {
      for (const item of value) visit(item, field, optional);
      return;
    }
    const object = value as Readonly<Record<string, unknown>>;
    const maybe = optional || object["isOptional"] === true;
    // The names of a map (a filter's, a namespace) are not fields.
    const isMap = field === "typedPerFilterConfig" || field === "typedExtensionProtocolOptions";
    for (const key of Object.keys(object)) {
      const below = isMap || key === "typedConfig" || key === "config" ? field : key;
      visit(object[key], below, maybe);
    }
  }

  function check(config: TypedConfig, field: string, optional: boolean): void {
    const known = extensions.get(config.typeUrl);
    const at =
      config.node.kind === "map" ? (config.node.get(config.typedStruct ? "type_url" : "@type") ?? config.node) : config.node;
    if (known === undefined) {
      // A plugin named by where its code is: only loading it can tell.
      if (optional || config.typeUrl.startsWith("file:") || config.typeUrl.startsWith("npm:")) return;
      const { severity, message } = unknownType(config.typeUrl);
      context.report(at, "unknown_type_url", message, { found: `"${config.typeUrl}"`, wanted: "a known type URL", severity });
      return;
    }
    const wanted = FIELDS[field];
    if (wanted !== undefined && !wanted.includes(known.kind) && known.kind !== "other") {
      const message = `found ${KINDS[known.kind]}, wanted ${KINDS[wanted[0]]}`;
      context.report(at, "unknown_type_url", message, { found: KINDS[known.kind], wanted: KINDS[wanted[0]] });
      return;
    }
    if (known.schema === undefined || config.typedStruct) return;
    const value = parse(known.schema, config, context);
    if (value !== undefined) visit(value, "", false);
  }

  function unknownType(typeUrl: string): { severity: "error" | "warning"; message: string } {
    const severity = context.allowUnsupported ? "warning" : "error";
    const notSupported = { severity, message: `the extension "${typeUrl}" is not supported` } as const;
    if (knownMessage(typeUrl)) return notSupported;
    const near = nearest(typeUrl, extensions.keys(), 4);
    if (near !== undefined) return { severity: "error", message: `unknown type URL "${typeUrl}"; did you mean "${near}"?` };
    // The descriptors lag Envoy, and hold nothing of its contrib extensions.
    if (typeUrl.startsWith("envoy.")) return notSupported;
    return { severity: "error", message: `unknown type URL "${typeUrl}"` };
  }
}
