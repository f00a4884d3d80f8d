import type { HeaderMap } from "../core/contract/headers.ts";
import type { StreamInfo } from "../core/contract/stream.ts";
import type { Formatter } from "../core/format/compile-format.ts";
import { stringOperator, type FormatOptions } from "../core/format/operator.ts";
import { toResourceError, type Report } from "../core/match/problem.ts";
import { fromWire, toWire } from "../core/match/wire-text.ts";
import type { SubstitutionFormatString } from "../core/resources/accesslog.ts";
import type { HttpConnectionManager } from "../core/resources/http-connection-manager.ts";
import type { DecodeContext } from "../core/resources/schema/index.ts";
import type { LocalReplyMapper } from "../core/server/hcm/manager.ts";
import type { Runtime } from "../core/filter/runtime.ts";
import { compileLogFilter, type LogFilter } from "../plugins/telemetry/access-log/log-filter.ts";
import { compileSubstitutionFormat } from "../plugins/telemetry/access-log/sink-format.ts";
import { readDataSource } from "../plugins/routing/table/direct-response.ts";
import type { HeaderMutations } from "../plugins/routing/table/header-mutations.ts";
import { compileHeaderMutations } from "../plugins/routing/table/header-mutations.ts";

interface BodyFormat {
  readonly formatter: Formatter;
  readonly contentType: string;
}

interface Mapper {
  readonly filter: LogFilter;
  readonly status: number | undefined;
  readonly body: string | undefined;
  readonly format: BodyFormat | undefined;
  readonly headers: HeaderMutations | null;
}

/** The body that is being formatted: formatting is synchronous, so one place is enough for all streams. */
let current = "";

const OPTIONS: FormatOptions = {
  commands: new Map([
    ["LOCAL_REPLY_BODY", { argument: "none", length: true, make: () => stringOperator(() => toWire(current)) }],
  ]),
};

function bodyFormat(config: SubstitutionFormatString | undefined, report: Report): BodyFormat | undefined {
  if (config === undefined) return undefined;
  const formatter = compileSubstitutionFormat(config, OPTIONS, report);
  if (formatter === undefined) return undefined;
  const contentType =
    config.contentType !== "" ? config.contentType : config.jsonFormat !== undefined ? "application/json" : "text/plain";
  return { formatter, contentType };
}

/** `local_reply_config`, compiled; undefined when there is none. Source: Envoy, "Local reply modification". */
export function compileLocalReply(
  hcm: HttpConnectionManager,
  context: DecodeContext,
  runtime: Runtime,
): LocalReplyMapper | undefined {
  const config = hcm.localReplyConfig;
  if (config === undefined) return undefined;
  const report: Report = (problem) => context.add(toResourceError(problem));
  const mappers = (config.mappers ?? []).map((mapper): Mapper => ({
    filter: compileLogFilter(mapper.filter, { runtime, report }),
    status: mapper.statusCode,
    body: mapper.body === undefined ? undefined : new TextDecoder().decode(readDataSource(mapper.body, report)),
    format: bodyFormat(mapper.bodyFormatOverride, report),
    headers:
      (mapper.headersToAdd ?? []).length === 0
        ? null
        : compileHeaderMutations({ add: mapper.headersToAdd, remove: [] }, mapper, report),
  }));
  const standard = bodyFormat(config.bodyFormat, report);
  return (stream, headers: HeaderMap, body: string): string => {
    const info: StreamInfo = stream;
    const mapper = mappers.find((m) => m.filter(info));
    if (mapper?.status !== undefined) {
      headers.status = mapper.status;
      stream.responseCode = mapper.status;
    }
    current = mapper?.body ?? body;
    mapper?.headers?.apply(info, headers);
    const format = mapper?.format ?? standard;
    if (format === undefined) {
      if (mapper?.body !== undefined && current !== "" && !headers.has("content-type")) headers.set("content-type", "text/plain");
      return current;
    }
    const made = format.formatter.format(info);
    if (made !== "") headers.set("content-type", format.contentType);
    return fromWire(made) ?? made;
  };
}
