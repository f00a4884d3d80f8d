import { compileFormat } from "../../core/format/compile-format.ts";
import { compileJsonFormat } from "../../core/format/compile-json-format.ts";
import { requestHeaders, streamInfoFixture } from "../../core/format/stream-info-fixture.ts";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { FakeClock } from "../../core/transport/clock.ts";
import { TimerWheel } from "../../core/transport/timers.ts";
import { DEFAULT_FORMAT } from "../../plugins/telemetry/access-log/default-format.ts";
import { FileAccessLog } from "../../plugins/telemetry/access-log/file-access-log.ts";
import { LogFiles } from "../../plugins/telemetry/access-log/log-files.ts";
import type { LogFileSystem, WriteDone } from "../../plugins/telemetry/access-log/log-files.ts";
import { formatPrometheus } from "../../plugins/telemetry/prometheus/format-prometheus.ts";
import type { Micro } from "./bench.ts";

/** Requests that differ as those of a browser do. */
const streams = Array.from({ length: 64 }, (_, i) =>
  streamInfoFixture({
    bytesSent: i * 100,
    endTime: 1030.5 + i,
    startWallTime: Date.UTC(2026, 10, 24, 2, 51, 13, i * 10),
    request: requestHeaders("GET", `/path/number/${i}`, [
      "user-agent",
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
      "accept",
      "*/*",
      "accept-encoding",
      "gzip",
      "accept-language",
      "en",
      "x-forwarded-for",
      "192.0.2.7",
      "x-forwarded-proto",
      "http",
      "x-request-id",
      `dce76e3a-a03d-410b-91f7-25eca8485${100 + i}`,
    ]),
  }),
);

/** A disk that has written everything at once: what is measured is the proxy's work. */
const disk: LogFileSystem = {
  openSync: () => 3,
  open: (_path, _flags, _mode, done) => done(null, 3),
  write: (_fd, data, offset, _length, _position, done: WriteDone) => done(null, data.length - offset),
  writeSync: (_fd, data) => data.length,
  close: (_fd, done) => done(null),
};
const store = new StatsStore();
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const files = new LogFiles({
  stats: store,
  log: silent,
  timers: new TimerWheel(new FakeClock(), { unref: true }),
  fileSystem: disk,
});

const text = compileFormat(DEFAULT_FORMAT);
const json = compileJsonFormat(
  {
    start: "%START_TIME%",
    method: "%REQ(:METHOD)%",
    path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    code: "%RESPONSE_CODE%",
    flags: "%RESPONSE_FLAGS%",
    sent: "%BYTES_SENT%",
    duration: "%DURATION%",
    agent: "%REQ(USER-AGENT)%",
    id: "%REQ(X-REQUEST-ID)%",
    host: "%UPSTREAM_HOST%",
    authority: "%REQ(:AUTHORITY)%",
  },
  {},
  "\n",
);
const textLog = new FileAccessLog(files.acquire("/text"), text, null);
const jsonLog = new FileAccessLog(files.acquire("/json"), json, null);

const many = new StatsStore();
for (let i = 0; i < 200; i++) {
  const cluster = many.scope("cluster", `c${i}`, "envoy.cluster_name");
  for (let k = 0; k < 45; k++) cluster.counter(`upstream_${k}`).value = k;
  cluster.histogram("upstream_rq_time").record(i);
}
const histogram = store.histogram("upstream_rq_time");
const counter = store.counter("upstream_rq_total");

let at = 0;
/** Keeps results reachable. */
export let length = 0;

/** Access log, counters and their export. */
export const benches: readonly Micro[] = [
  { name: "access log: default text, a line with its share of the write", fn: () => textLog.log(streams[at++ & 63]) },
  { name: "access log: JSON of 11 fields, a line with its share of the write", fn: () => jsonLog.log(streams[at++ & 63]) },
  { name: "format: default text", fn: () => (length += text.format(streams[at++ & 63]).length) },
  { name: "format: JSON of 11 fields", fn: () => (length += json.format(streams[at++ & 63]).length) },
  { name: "counter: add", fn: () => (counter.value += 1) },
  { name: "histogram: record", fn: () => histogram.record((at++ % 300) + 0.35) },
  { name: "Prometheus: 9,000 counters and 200 histograms", fn: () => (length += formatPrometheus(many).length) },
];
