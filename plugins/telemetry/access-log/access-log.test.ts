import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Logger } from "../../../core/contract/filter.ts";
import { ResponseFlag } from "../../../core/contract/response-flags.ts";
import type { StreamInfo } from "../../../core/contract/stream.ts";
import { Runtime } from "../../../core/filter/runtime.ts";
import { requestHeaders, responseHeaders, streamInfoFixture } from "../../../core/format/stream-info-fixture.ts";
import { StatsStore } from "../../../core/observe/stats-store.ts";
import { AccessLog } from "../../../core/resources/accesslog.ts";
import { DecodeContext, decodeText, formatErrors } from "../../../core/resources/schema/index.ts";
import { FakeClock } from "../../../core/transport/clock.ts";
import { TimerWheel } from "../../../core/transport/timers.ts";
import { createAccessLog } from "./access-log-factory.ts";
import { LogFiles } from "./log-files.ts";

const directory = mkdtempSync(join(tmpdir(), "isthmus-access-log-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const FILE = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";
const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Builds an access log from YAML below `access_log:`, logs the streams, and gives the file's text, or the mistakes. */
async function logged(yaml: string, streams: readonly StreamInfo[] = [streamInfoFixture()]): Promise<string> {
  const path = join(directory, "access.log");
  rmSync(path, { force: true });
  const files = new LogFiles({ stats: new StatsStore(), log: silent, timers: new TimerWheel(new FakeClock(), { unref: true }) });
  const context = new DecodeContext();
  const { value: resource, errors } = decodeText(AccessLog, yaml.replaceAll("$PATH", path), { file: "log.yaml" });
  for (const error of errors) context.add(error);
  const runtime = new Runtime([{ "log.status": 500, "log.some": 100, "log.none": 0 }]);
  const log = resource === undefined ? undefined : createAccessLog(resource, context, { files, runtime });
  if (log === undefined) return formatErrors(context.errors);
  for (const stream of streams) log.log(stream);
  await files.flush();
  log.dispose?.();
  return readFileSync(path, "latin1");
}

describe("formats", () => {
  test("the default is Envoy's", async () => {
    expect(await logged(`{ typed_config: { "@type": ${FILE}, path: $PATH } }`)).toBe(
      '[2026-11-24T02:51:13.998Z] "GET /p/q?a=1%202&b=3 HTTP/1.1" 200 - 0 6 30 29 "192.0.2.7" "curl/7.88.1" ' +
        '"dce76e3a-a03d-410b-91f7-25eca84851d7" "example.org" "127.0.0.1:9001"\n',
    );
  });

  test.each([
    ["log_format: { text_format_source: { inline_string: '%REQ(NOPE)%|%RESPONSE_CODE%;' } }", "-|200;"],
    ["log_format: { text_format: '%REQ(NOPE)%|%RESPONSE_CODE%;', omit_empty_values: true }", "|200;"],
    ["format: '%PROTOCOL%'", "HTTP/1.1"],
    ["log_format: { json_format: { code: '%RESPONSE_CODE%', x: { y: '%REQ(NOPE)%' } } }", '{"code":200,"x":{"y":null}}\n'],
    [
      "log_format: { json_format: { code: '%RESPONSE_CODE%', x: { y: '%REQ(NOPE)%' } }, omit_empty_values: true }",
      '{"code":200}\n',
    ],
    ["json_format: { code: '%RESPONSE_CODE%' }", '{"code":200}\n'],
    ["typed_json_format: { code: '%RESPONSE_CODE%' }", '{"code":200}\n'],
  ])("%s", async (format, text) => {
    expect(await logged(`{ typed_config: { "@type": ${FILE}, path: $PATH, ${format} } }`)).toBe(text);
  });
});

const failed = streamInfoFixture({
  id: 2,
  responseCode: 503,
  responseFlags: ResponseFlag.UpstreamConnectionFailure | ResponseFlag.UpstreamRetryLimitExceeded,
  endTime: 1900,
  dynamicMetadata: { ns: { k: "v" } },
  request: requestHeaders("GET", "/", ["x-log", "yes", "user-agent", "Envoy/HC"]),
  response: responseHeaders(503, []),
});
const marked = streamInfoFixture({
  id: 3,
  filterState: { "envoy.http.health_check": true },
  responseTrailers: responseHeaders(0, ["grpc-status", "5"]),
});

describe("filters", () => {
  // The streams are a usual one (1: 200 in 30 ms), a failed one (2: 503, UF and URX, 899 ms) and a health check (3: 200, grpc-status 5).
  test.each([
    ["status_code_filter: { comparison: { op: GE, value: { default_value: 400 } } }", "2"],
    ["status_code_filter: { comparison: { value: { default_value: 200 } } }", "13"],
    ["status_code_filter: { comparison: { op: NE, value: { default_value: 200 } } }", "2"],
    ["status_code_filter: { comparison: { op: LE, value: { default_value: 1, runtime_key: log.status } } }", "13"],
    ["duration_filter: { comparison: { op: GE, value: { default_value: 899 } } }", "2"],
    ["not_health_check_filter: {}", "1"],
    ["runtime_filter: { runtime_key: log.some, percent_sampled: { numerator: 0 } }", "123"],
    ["runtime_filter: { runtime_key: log.none, percent_sampled: { numerator: 100 } }", ""],
    ["runtime_filter: { runtime_key: unset, percent_sampled: { numerator: 100 }, use_independent_randomness: true }", "123"],
    ["header_filter: { header: { name: x-log, string_match: { exact: 'yes' } } }", "2"],
    ["header_filter: { header: { name: x-log, present_match: true, invert_match: true } }", "13"],
    ["response_flag_filter: {}", "2"],
    ["response_flag_filter: { flags: [UF] }", "2"],
    ["response_flag_filter: { flags: [NR] }", ""],
    ["grpc_status_filter: { statuses: [NOT_FOUND] }", "3"],
    ["grpc_status_filter: { statuses: [UNAVAILABLE], exclude: true }", "13"],
    ["metadata_filter: { matcher: { filter: ns, path: [{ key: k }], value: { string_match: { exact: v } } } }", "123"],
    [
      "metadata_filter: { match_if_key_not_found: false, matcher: { filter: ns, path: [{ key: k }], value: { string_match: { exact: v } } } }",
      "2",
    ],
    ["metadata_filter: { matcher: { filter: ns, path: [{ key: k }], value: { string_match: { exact: other } } } }", "13"],
    [
      "and_filter: { filters: [ { not_health_check_filter: {} }, { duration_filter: { comparison: { op: LE, value: { default_value: 100 } } } } ] }",
      "1",
    ],
    ["or_filter: { filters: [ { response_flag_filter: {} }, { grpc_status_filter: { statuses: [NOT_FOUND] } } ] }", "23"],
  ])("%s", async (filter, streams) => {
    const info = [streamInfoFixture({ id: 1, requestId: "" }), failed, marked];
    const yaml = `{ filter: { ${filter} }, typed_config: { "@type": ${FILE}, path: $PATH, log_format: { text_format: "%STREAM_ID%" } } }`;
    expect(
      await logged(
        yaml,
        info.map((stream) => ({ ...stream, requestId: String(stream.id) })),
      ),
    ).toBe(streams);
  });
});

describe("mistakes are refused with their place", () => {
  test.each([
    ["{ name: x }", /log\.yaml:1:1.*"typed_config" is required/],
    ['{ typed_config: { "@type": type.googleapis.com/a.b.C } }', /log\.yaml:1:.*there is no access log a\.b\.C/],
    [`{ typed_config: { "@type": ${FILE} } }`, /path/],
    [`{ typed_config: { "@type": ${FILE}, path: /nonexistent/dir/x.log } }`, /log\.yaml:1:\d+.*path.*can't open the log: ENOENT/],
    [
      `{ typed_config: { "@type": ${FILE}, path: $PATH, log_format: { text_format: "%FOO%" } } }`,
      /log\.yaml:1:\d+.*text_format.*no operator %FOO%/,
    ],
    [
      `{ typed_config: { "@type": ${FILE}, path: $PATH, log_format: { json_format: { a: "x%REQ()%" } } } }`,
      /json_format.*a: %REQ% wants an argument.*\(at character 2\)/,
    ],
    [
      `{ typed_config: { "@type": ${FILE}, path: $PATH, log_format: { text_format_source: { environment_variable: ISTHMUS_NOT_SET } } } }`,
      /no variable "ISTHMUS_NOT_SET"/,
    ],
    [
      `{ typed_config: { "@type": ${FILE}, path: $PATH, log_format: { text_format_source: { filename: /nonexistent } } } }`,
      /can't read the format/,
    ],
  ])("%s", async (yaml, message) => {
    expect(await logged(yaml)).toMatch(message);
  });
});
