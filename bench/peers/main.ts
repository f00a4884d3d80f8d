// usage: npm run bench:peers -- [--rows router,stack] [--peers "Envoy,Isthmus on Node"] [--seconds 3] [--rounds 5] [--rate 4000]
//                               [--out docs/benchmarks.md] [--json FILE]
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { findDeno, findEnvoy, onPath } from "../../test/lib/tools.ts";
import { openLoop } from "../lib/open-loop.ts";
import { loadTools } from "../lib/wrk.ts";
import { runNodeHttpProxy } from "./node-http-proxy.ts";
import { runNodeOrigin } from "./node-origin.ts";
import { runHttp2Origin } from "./http2-origin.ts";
import type { Http2Mode } from "./http2-origin.ts";
import { startOriginProcess } from "./peers.ts";
import type { PeerName } from "./peers.ts";
import { machine, markdown, versionOf } from "./report.ts";
import type { Report } from "./report.ts";
import { rows } from "./rows.ts";
import { runTcpSink, sendBytes } from "./tcp-load.ts";
import { shakeHands } from "./tls-load.ts";

const ALL: readonly PeerName[] = ["Envoy", "Isthmus on Node", "Isthmus on Deno", "nginx", "haproxy", "node:http"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: "string", default: rows.map((row) => row.id).join(",") },
    peers: { type: "string", default: ALL.join(",") },
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "5" },
    rate: { type: "string", default: "4000" },
    out: { type: "string" },
    json: { type: "string" },
    role: { type: "string" },
  },
});

// Parts of the benchmark that run as processes of their own, pinned to a core.
if (values.role === "node-http") runNodeHttpProxy(Number(positionals[0]), Number(positionals[1]));
else if (values.role === "origin") runNodeOrigin(Number(positionals[0]));
else if (values.role === "tcp-sink") runTcpSink(Number(positionals[0]));
else if (values.role === "tcp-send") await sendBytes(Number(positionals[0]), Number(positionals[1]));
else if (values.role === "http2-origin") runHttp2Origin(Number(positionals[0]), positionals[1] as Http2Mode);
else if (values.role === "tls-handshakes") {
  console.log(JSON.stringify(await shakeHands(Number(positionals[0]), Number(positionals[1]), positionals[2] === "resumed")));
} else if (values.role === "open-loop") {
  console.log(JSON.stringify(await openLoop(Number(positionals[0]), Number(positionals[1]), Number(positionals[2]))));
} else await main();

async function main(): Promise<void> {
  const missing = loadTools();
  if (missing !== undefined) {
    console.log(`bench:peers measures nothing: ${missing}`);
    return;
  }
  const wanted = values.rows.split(",");
  const unknown = wanted.filter((id) => !rows.some((row) => row.id === id));
  if (unknown.length > 0)
    throw new Error(`no such rows: ${unknown.join(", ")}; there are ${rows.map((row) => row.id).join(", ")}`);
  const only = values.peers.split(",").map((name) => {
    const peer = ALL.find((one) => one.toLowerCase() === name.trim().toLowerCase());
    if (peer === undefined) throw new Error(`no such peer: ${name}; there are ${ALL.join(", ")}`);
    return peer;
  });
  const origin = await startOriginProcess();
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    load: loadavg()
      .slice(0, 2)
      .map((value) => value.toFixed(1))
      .join(", "),
    versions: {
      Node: process.version,
      Deno: versionOf(findDeno().path, ["--version"]),
      Envoy: /[\d.]+\/\w+/.exec(versionOf(findEnvoy().path, ["--version"]).replace(/^.*version: \w+\//, ""))?.[0] ?? "absent",
      nginx: onPath("nginx") === undefined ? "absent" : "present",
      haproxy: versionOf(onPath("haproxy"), ["-v"]).replace(/ - .*/, ""),
    },
    origin: origin.what,
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    rows: [],
  };
  const failures: string[] = [];
  try {
    for (const row of rows) {
      if (!wanted.includes(row.id)) continue;
      console.error(`measuring ${row.id} ...`);
      try {
        report.rows.push(
          await row.measure({
            origin: origin.port,
            seconds: report.seconds,
            rounds: report.rounds,
            rate: Number(values.rate),
            only,
          }),
        );
      } catch (error) {
        failures.push(`${row.id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await origin.stop();
  }
  const text = markdown(report);
  console.log(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  for (const failure of failures) console.error(`failed: ${failure}`);
  const missed = report.rows.flatMap((row) => row.targets).filter((one) => !one.met);
  process.exitCode = failures.length > 0 ? 2 : missed.length > 0 ? 1 : 0;
}
