import { DataSource } from "./base.ts";
import { ComparisonOp, HeaderMatcher, MetadataMatcher } from "./matchers.ts";
import { FractionalPercent, RuntimeUInt32 } from "./percent.ts";
import type { Infer, Schema } from "./schema/index.ts";
import {
  any,
  bool,
  boolValue,
  enumOf,
  headerValue,
  lazy,
  list,
  message,
  notBuilt,
  required,
  string,
  struct,
  unsupported,
} from "./schema/index.ts";

const A = "envoy.config.accesslog.v3";

/** How a line is written: exactly one of the three formats. */
export const SubstitutionFormatString = message(
  "envoy.config.core.v3.SubstitutionFormatString",
  {
    /** Deprecated form of `textFormatSource.inlineString`. */
    textFormat: string(),
    /** A JSON object whose texts hold substitutions; one line of JSON is written. */
    jsonFormat: struct(),
    textFormatSource: DataSource,
    /** Leaves members without a value out of JSON, and writes nothing for `-` in text. Default false. */
    omitEmptyValues: bool({ default: false }),
    /** Of a local reply. Default "": `application/json` for JSON, else `text/plain`. */
    contentType: headerValue({ default: "" }),
    formatters: unsupported("there are no formatter extensions"),
    jsonFormatOptions: message("envoy.config.core.v3.JsonFormatOptions", {
      /** Default false. */
      sortProperties: notBuilt(bool({ default: false }), "members stand as they are written", ["false"]),
    }),
  },
  { oneofs: [{ name: "format", fields: ["textFormat", "jsonFormat", "textFormatSource"], required: true }] },
);
export type SubstitutionFormatString = Infer<typeof SubstitutionFormatString>;

const Comparison = message(`${A}.ComparisonFilter`, {
  /** Default EQ. */
  op: ComparisonOp,
  value: required(RuntimeUInt32),
});
export type ComparisonFilter = Infer<typeof Comparison>;

const StatusCodeFilter = message(`${A}.StatusCodeFilter`, { comparison: required(Comparison) });
const DurationFilter = message(`${A}.DurationFilter`, { comparison: required(Comparison) });
const RuntimeFilter = message(`${A}.RuntimeFilter`, {
  runtimeKey: string({ minLength: 1, required: true }),
  /** Unset: 0 of 100. */
  percentSampled: FractionalPercent,
  /** Default false: the fraction is taken of `x-request-id`, so that all proxies log the same requests. */
  useIndependentRandomness: bool({ default: false }),
});
const HeaderFilter = message(`${A}.HeaderFilter`, { header: required(HeaderMatcher) });
const RESPONSE_FLAGS =
  "LH UH UT LR UR UF UC UO NR DI FI RL UAEX RLSE DC URX SI IH DPE UMSDR RFCF NFCF DT UPE NC OM DF DO DR UDO".split(" ");
const ResponseFlagFilter = message(`${A}.ResponseFlagFilter`, {
  /** Short names; none: any flag. */
  flags: list(string({ in: RESPONSE_FLAGS })),
});
const GrpcStatusFilter = message(`${A}.GrpcStatusFilter`, {
  statuses: list(
    enumOf([
      "OK",
      "CANCELED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
    ]),
  ),
  /** Default false. */
  exclude: bool({ default: false }),
});
const MetadataFilter = message(`${A}.MetadataFilter`, {
  matcher: MetadataMatcher,
  /** Default true. */
  matchIfKeyNotFound: boolValue({ default: true }),
});

/** Which streams are logged: exactly one is set. */
/** Which requests are logged. */
export interface AccessLogFilter {
  readonly statusCodeFilter: Infer<typeof StatusCodeFilter> | undefined;
  /** Compares the stream's whole time in milliseconds. */
  readonly durationFilter: Infer<typeof DurationFilter> | undefined;
  readonly notHealthCheckFilter: Readonly<Record<never, never>> | undefined;
  readonly runtimeFilter: Infer<typeof RuntimeFilter> | undefined;
  readonly andFilter: { readonly filters: readonly AccessLogFilter[] } | undefined;
  readonly orFilter: { readonly filters: readonly AccessLogFilter[] } | undefined;
  readonly headerFilter: Infer<typeof HeaderFilter> | undefined;
  readonly responseFlagFilter: Infer<typeof ResponseFlagFilter> | undefined;
  readonly grpcStatusFilter: Infer<typeof GrpcStatusFilter> | undefined;
  readonly metadataFilter: Infer<typeof MetadataFilter> | undefined;
}
export const AccessLogFilter: Schema<AccessLogFilter> = message(
  `${A}.AccessLogFilter`,
  {
    statusCodeFilter: StatusCodeFilter,
    durationFilter: DurationFilter,
    notHealthCheckFilter: message(`${A}.NotHealthCheckFilter`, {}),
    traceableFilter: unsupported("there is no tracing yet"),
    runtimeFilter: RuntimeFilter,
    andFilter: message(`${A}.AndFilter`, {
      filters: list(
        lazy((): Schema<AccessLogFilter> => AccessLogFilter),
        { min: 2 },
      ),
    }),
    orFilter: message(`${A}.OrFilter`, {
      filters: list(
        lazy((): Schema<AccessLogFilter> => AccessLogFilter),
        { min: 2 },
      ),
    }),
    headerFilter: HeaderFilter,
    responseFlagFilter: ResponseFlagFilter,
    grpcStatusFilter: GrpcStatusFilter,
    extensionFilter: unsupported("there are no access log filter extensions"),
    metadataFilter: MetadataFilter,
    logTypeFilter: unsupported("streams are logged once, at their end"),
  },
  {
    oneofs: [
      {
        name: "filter_specifier",
        fields: [
          "statusCodeFilter",
          "durationFilter",
          "notHealthCheckFilter",
          "traceableFilter",
          "runtimeFilter",
          "andFilter",
          "orFilter",
          "headerFilter",
          "responseFlagFilter",
          "grpcStatusFilter",
          "extensionFilter",
          "metadataFilter",
          "logTypeFilter",
        ],
        required: true,
      },
    ],
  },
);

/** An access log: a sink, and which streams it gets. */
export const AccessLog = message(
  `${A}.AccessLog`,
  {
    /** Default "". */
    name: string({ default: "" }),
    /** Unset: all. */
    filter: AccessLogFilter,
    typedConfig: any(),
  },
  { oneofs: [{ name: "config_type", fields: ["typedConfig"], required: true }] },
);
export type AccessLog = Infer<typeof AccessLog>;

/** Writes to a file; at most one format, by default Envoy's default text. */
export const FileAccessLog = message(
  "envoy.extensions.access_loggers.file.v3.FileAccessLog",
  {
    path: string({ minLength: 1, required: true }),
    /** Deprecated form of `logFormat`. */
    format: string(),
    /** Deprecated form of `logFormat`: all members are written as text. */
    jsonFormat: struct(),
    /** Deprecated form of `logFormat`. */
    typedJsonFormat: struct(),
    logFormat: SubstitutionFormatString,
  },
  { oneofs: [{ name: "access_log_format", fields: ["format", "jsonFormat", "typedJsonFormat", "logFormat"] }] },
);
export type FileAccessLog = Infer<typeof FileAccessLog>;

const stream = { /** Default: Envoy's default text. */ logFormat: SubstitutionFormatString };
const streamOneofs = [{ name: "access_log_format", fields: ["logFormat" as const] }];

/** Writes to standard output. */
export const StdoutAccessLog = message("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", stream, {
  oneofs: streamOneofs,
});
export type StdoutAccessLog = Infer<typeof StdoutAccessLog>;

/** Writes to standard error. */
export const StderrAccessLog = message("envoy.extensions.access_loggers.stream.v3.StderrAccessLog", stream, {
  oneofs: streamOneofs,
});
export type StderrAccessLog = Infer<typeof StderrAccessLog>;
