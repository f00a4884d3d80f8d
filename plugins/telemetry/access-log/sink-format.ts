import { readFileSync } from "node:fs";
import { compileFormat } from "../../../core/format/compile-format.ts";
import type { Formatter } from "../../../core/format/compile-format.ts";
import { compileJsonFormat } from "../../../core/format/compile-json-format.ts";
import { FormatError } from "../../../core/format/format-error.ts";
import type { FormatOptions } from "../../../core/format/operator.ts";
import type { Report } from "../../../core/match/problem.ts";
import type { FileAccessLog, StdoutAccessLog, SubstitutionFormatString } from "../../../core/resources/accesslog.ts";
import type { DataSource } from "../../../core/resources/base.ts";
import { DEFAULT_FORMAT } from "./default-format.ts";

/** The format of a file or stream logger: Envoy's default when none is given. A mistake is reported, and nothing returned. */
export function compileSinkFormat(
  config: FileAccessLog | StdoutAccessLog,
  options: FormatOptions,
  report: Report,
): Formatter | undefined {
  const { logFormat } = config;
  if (logFormat !== undefined) return compileSubstitutionFormat(logFormat, options, report, "\n");
  const { format, jsonFormat, typedJsonFormat } = {
    format: undefined,
    jsonFormat: undefined,
    typedJsonFormat: undefined,
    ...config,
  };
  if (jsonFormat !== undefined)
    return reporting(config, "jsonFormat", report, () => compileJsonFormat(jsonFormat, options, "\n"));
  if (typedJsonFormat !== undefined) {
    return reporting(config, "typedJsonFormat", report, () => compileJsonFormat(typedJsonFormat, options, "\n"));
  }
  return reporting(config, "format", report, () => compileFormat(format || DEFAULT_FORMAT, options));
}

/**
 * Compiles a `SubstitutionFormatString`; also for the bodies of local replies.
 * @param jsonEnd what follows JSON. Default "". Text has its own line end, if it wants one.
 */
export function compileSubstitutionFormat(
  config: SubstitutionFormatString,
  options: FormatOptions,
  report: Report,
  jsonEnd = "",
): Formatter | undefined {
  const all = { ...options, omitEmptyValues: config.omitEmptyValues };
  const { jsonFormat, textFormatSource } = config;
  if (jsonFormat !== undefined) return reporting(config, "jsonFormat", report, () => compileJsonFormat(jsonFormat, all, jsonEnd));
  if (textFormatSource !== undefined) {
    const text = readSource(textFormatSource, report);
    return text === undefined ? undefined : reporting(config, "textFormatSource", report, () => compileFormat(text, all));
  }
  return reporting(config, "textFormat", report, () => compileFormat(config.textFormat || DEFAULT_FORMAT, all));
}

function reporting(about: object, key: string, report: Report, compile: () => Formatter): Formatter | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const code = error.unsupported ? "unsupported_value" : "invalid_value";
    report({ about, key, code, message: `${error.message} (at character ${error.index + 1})` });
    return undefined;
  }
}

function readSource(source: DataSource, report: Report): string | undefined {
  if (source.inlineString !== undefined) return source.inlineString;
  if (source.inlineBytes !== undefined) return Buffer.from(source.inlineBytes).toString("utf8");
  if (source.environmentVariable !== undefined) {
    const value = process.env[source.environmentVariable];
    if (value !== undefined) return value;
    const message = `the environment has no variable ${JSON.stringify(source.environmentVariable)}`;
    report({ about: source, key: "environmentVariable", code: "invalid_value", message });
    return undefined;
  }
  try {
    return readFileSync(source.filename ?? "", "utf8");
  } catch (error) {
    const message = `can't read the format: ${error instanceof Error ? error.message : String(error)}`;
    report({ about: source, key: "filename", code: "invalid_value", message });
    return undefined;
  }
}
