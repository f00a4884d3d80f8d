import type { Infer } from "./schema/index.ts";
import {
  any,
  boolValue,
  bool,
  bytes,
  enumOf,
  headerName,
  headerValue,
  list,
  map,
  message,
  notBuilt,
  required,
  string,
  struct,
  unsupported,
} from "./schema/index.ts";

/** The configuration of an extension with its name. Envoy: `config.core.v3.TypedExtensionConfig`. */
export const TypedExtensionConfig = message("envoy.config.core.v3.TypedExtensionConfig", {
  /** For people and logs; the type URL says what it is. */
  name: string({ minLength: 1, required: true }),
  typedConfig: any({ required: true }),
});
export type TypedExtensionConfig = Infer<typeof TypedExtensionConfig>;

/** The plain transport socket. */
export const RAW_BUFFER = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

/** What may stand for TLS or another transport. Each place where one is used knows which it takes: plain text must never go where TLS was asked for. */
export const TransportSocket = message(
  "envoy.config.core.v3.TransportSocket",
  {
    name: string({ minLength: 1, required: true }),
    typedConfig: any(),
  },
  { oneofs: [{ name: "config_type", fields: ["typedConfig"], required: true }] },
);
export type TransportSocket = Infer<typeof TransportSocket>;

/** Data that filters, balancers and logs may look at, by namespace. */
export const Metadata = message("envoy.config.core.v3.Metadata", {
  /** Plain JSON by the name of a filter. Default: none. */
  filterMetadata: map(struct(), { keyMinLength: 1 }),
  /** Messages by the name of a filter. Default: none. */
  typedFilterMetadata: notBuilt(map(any(), { keyMinLength: 1 }), "only filter_metadata is looked at"),
});
export type Metadata = Infer<typeof Metadata>;

/** Bytes or text from somewhere; exactly one of the four is set. */
export const DataSource = message(
  "envoy.config.core.v3.DataSource",
  {
    /** Path of a file, read when the configuration is built. */
    filename: string({ minLength: 1 }),
    inlineBytes: bytes(),
    inlineString: string(),
    /** Name of an environment variable; unset variables are an error when the configuration is built. */
    environmentVariable: string({ minLength: 1 }),
    watchedDirectory: unsupported("files are read once"),
  },
  { oneofs: [{ name: "specifier", fields: ["filename", "inlineBytes", "inlineString", "environmentVariable"], required: true }] },
);
export type DataSource = Infer<typeof DataSource>;

/** A header to add. One of `value` and `rawValue` is set, or none for an empty value. */
export const HeaderValue = message(
  "envoy.config.core.v3.HeaderValue",
  {
    /** In lower case. */
    key: headerName({ required: true, maxBytes: 16_384 }),
    /** May hold substitutions such as `%DOWNSTREAM_REMOTE_ADDRESS%`. */
    value: headerValue({ maxBytes: 16_384 }),
    rawValue: bytes({ maxLength: 16_384 }),
  },
  { oneofs: [{ name: "value_type", fields: ["value", "rawValue"] }] },
);
export type HeaderValue = Infer<typeof HeaderValue>;

/** What adding a header does when it is there already. */
export const HeaderAppendAction = enumOf(
  ["APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"],
  { default: "APPEND_IF_EXISTS_OR_ADD" },
);
export type HeaderAppendAction = Infer<typeof HeaderAppendAction>;

/** A header to add, and how. `headerAppendAction` gives the action in force. */
export const HeaderValueOption = message(
  "envoy.config.core.v3.HeaderValueOption",
  {
    header: required(HeaderValue),
    /** Deprecated form: true is APPEND_IF_EXISTS_OR_ADD, false OVERWRITE_IF_EXISTS_OR_ADD. Unset: `appendAction` decides. */
    append: boolValue(),
    /** Default APPEND_IF_EXISTS_OR_ADD. */
    appendAction: HeaderAppendAction,
    /** Whether a header whose value is empty is added. Default false. */
    keepEmptyValue: bool({ default: false }),
  },
  {
    check({ append, appendAction }, complain) {
      if (append !== undefined && appendAction !== "APPEND_IF_EXISTS_OR_ADD") {
        complain('"append" and "append_action" exclude each other, wanted "append_action"', "append");
      }
    },
  },
);
export type HeaderValueOption = Infer<typeof HeaderValueOption>;

/** The action that a header option asks for, in its new or its deprecated form. */
export function headerAppendAction(option: HeaderValueOption): HeaderAppendAction {
  if (option.append === undefined) return option.appendAction;
  return option.append ? "APPEND_IF_EXISTS_OR_ADD" : "OVERWRITE_IF_EXISTS_OR_ADD";
}

/** Where something runs. All default to "". */
export const Locality = message("envoy.config.core.v3.Locality", {
  region: string({ default: "" }),
  zone: string({ default: "" }),
  subZone: string({ default: "" }),
});
export type Locality = Infer<typeof Locality>;

/** Who this proxy is. */
export const NodeInfo = message(
  "envoy.config.core.v3.Node",
  {
    /** Default "". */
    id: string({ default: "" }),
    /** The cluster that this proxy belongs to. Default "". */
    cluster: string({ default: "" }),
    metadata: struct(),
    locality: Locality,
    dynamicParameters: unsupported("no dynamic resources yet"),
    /** Overwritten by the proxy's own. */
    userAgentName: string({ default: "" }),
    userAgentVersion: string(),
    userAgentBuildVersion: unsupported("the proxy tells its own"),
    extensions: unsupported("the proxy tells its own"),
    clientFeatures: unsupported("the proxy tells its own"),
    listeningAddresses: unsupported("deprecated by Envoy"),
  },
  { oneofs: [{ name: "user_agent_version_type", fields: ["userAgentVersion", "userAgentBuildVersion"] }] },
);
export type NodeInfo = Infer<typeof NodeInfo>;

/** Priority of a request at the circuit breakers. */
export const RoutingPriority = enumOf(["DEFAULT", "HIGH"], { default: "DEFAULT" });
export type RoutingPriority = Infer<typeof RoutingPriority>;

/** A switch that a runtime value may override. */
export const RuntimeFeatureFlag = message("envoy.config.core.v3.RuntimeFeatureFlag", {
  /** What it is without the runtime value. */
  defaultValue: boolValue({ required: true }),
  runtimeKey: string({ minLength: 1, required: true }),
});
export type RuntimeFeatureFlag = Infer<typeof RuntimeFeatureFlag>;

/** Headers to add: at most 1,000. Default: none. */
export const headersToAdd = list(HeaderValueOption, { max: 1000 });
/** Names of headers to remove. Default: none. */
export const headersToRemove = list(headerName());

/** `typed_per_filter_config`: configuration of filters by the name of the filter in its chain. Default: none. */
export const perFilterConfig = map(any());

/** What may stand in a `typed_per_filter_config` in place of the filter's own message. */
export const FilterConfig = message("envoy.config.route.v3.FilterConfig", {
  config: any(),
  /** Whether a filter that the proxy does not have may be passed over. Default false. */
  isOptional: bool({ default: false }),
  /** Turns the filter off (or, false, on where the chain has it disabled) below this level. Default false. */
  disabled: bool({ default: false }),
});
export type FilterConfig = Infer<typeof FilterConfig>;
