import type { AccessLog, RuntimeReader } from "../../../core/contract/filter.ts";
import type { FormatOptions } from "../../../core/format/operator.ts";
import type { Report } from "../../../core/match/problem.ts";
import { toResourceError } from "../../../core/match/problem.ts";
import type { AccessLog as AccessLogResource } from "../../../core/resources/accesslog.ts";
import { FileAccessLog as FileConfig, StderrAccessLog, StdoutAccessLog } from "../../../core/resources/accesslog.ts";
import type { DecodeContext, TypedConfig } from "../../../core/resources/schema/index.ts";
import { parse } from "../../../core/resources/schema/index.ts";
import { FileAccessLog } from "./file-access-log.ts";
import type { LogFile } from "./log-file.ts";
import type { LogFiles } from "./log-files.ts";
import { compileLogFilter } from "./log-filter.ts";
import { compileSinkFormat } from "./sink-format.ts";

/** What access logs are made with. */
export interface AccessLogOptions {
  readonly files: LogFiles;
  readonly runtime: RuntimeReader;
  /** For `%UPSTREAM_CLUSTER%` and `%CLUSTER_METADATA%`. */
  readonly clusters?: FormatOptions["clusters"];
}

/** Where a sink writes to: its kind of message, and the path in it. */
interface Sink {
  readonly typeUrl: string;
  readonly read: (
    config: TypedConfig,
    context: DecodeContext,
  ) => { readonly config: FileConfig | StdoutAccessLog; readonly path: string } | undefined;
}

/** The sinks that ship, by Envoy's type URLs. */
export const ACCESS_LOG_SINKS: readonly Sink[] = [
  {
    typeUrl: FileConfig.typeName,
    read: (typed, context) => {
      const config = parse(FileConfig, typed, context);
      return config === undefined ? undefined : { config, path: config.path };
    },
  },
  {
    typeUrl: StdoutAccessLog.typeName,
    read: (typed, context) => standard(parse(StdoutAccessLog, typed, context), "/dev/stdout"),
  },
  {
    typeUrl: StderrAccessLog.typeName,
    read: (typed, context) => standard(parse(StderrAccessLog, typed, context), "/dev/stderr"),
  },
];

function standard(config: StdoutAccessLog | undefined, path: string): ReturnType<Sink["read"]> {
  return config === undefined ? undefined : { config, path };
}

/**
 * Builds an access log from its resource. Files are opened now, so that a path that can't be written to is a mistake of the
 * configuration. Undefined after mistakes, which the context has.
 */
export function createAccessLog(
  resource: AccessLogResource,
  context: DecodeContext,
  options: AccessLogOptions,
): AccessLog | undefined {
  const report: Report = (problem) => context.add(toResourceError(problem));
  const before = context.failures;
  const typed = resource.typedConfig;
  if (typed === undefined) {
    report({ about: resource, key: "typedConfig", code: "missing_field", message: `wanted "typed_config", one of ${KNOWN}` });
    return undefined;
  }
  const sink = ACCESS_LOG_SINKS.find(({ typeUrl }) => typeUrl === typed.typeUrl);
  if (sink === undefined) {
    const message = `there is no access log ${typed.typeUrl}, wanted one of ${KNOWN}`;
    report({ about: typed, key: "", code: "unknown_type_url", message, found: typed.typeUrl, wanted: KNOWN });
    return undefined;
  }
  const read = sink.read(typed, context);
  if (read === undefined) return undefined;
  const formatter = compileSinkFormat(read.config, { clusters: options.clusters }, report);
  const filter = resource.filter === undefined ? null : compileLogFilter(resource.filter, { runtime: options.runtime, report });
  if (formatter === undefined || context.failures !== before) return undefined;
  const file = open(read.path, options.files, (message) =>
    report({
      about: read.config,
      key: "path",
      code: "invalid_value",
      message,
      found: read.path,
      wanted: "a file that can be written to",
    }),
  );
  return file === undefined ? undefined : new FileAccessLog(file, formatter, filter);
}

const KNOWN = ACCESS_LOG_SINKS.map(({ typeUrl }) => typeUrl).join(", ");

function open(path: string, files: LogFiles, fail: (message: string) => void): LogFile | undefined {
  try {
    return files.acquire(path);
  } catch (error) {
    fail(`can't open the log: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** `createAccessLog` with its options bound: what `core/server` asks for. */
export function accessLogFactory(
  options: AccessLogOptions,
): (resource: AccessLogResource, around: { readonly context: DecodeContext }) => AccessLog | undefined {
  return (resource, { context }) => createAccessLog(resource, context, options);
}
