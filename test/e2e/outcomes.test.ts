import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { freePorts } from "../lib/ports.ts";
import { until } from "../lib/process.ts";
import { rawConnect, request } from "../lib/raw.ts";

/** What to send, and what the access log and the counters must say of it. Envoy says the same: SUBJECT=envoy runs this table against it. */
interface Outcome {
  does: string;
  /** Raw bytes; a path stands for a GET. */
  send: string;
  /** The client resets its connection after this many ms instead of reading the answer. */
  leaveAfter?: number;
  /** "STATUS FLAGS DETAILS" of the log. */
  log: string | RegExp;
  /** Counters that change, with by how much. */
  stats?: Readonly<Record<string, number>>;
}

const OUTCOMES: readonly Outcome[] = [
  {
    does: "an upstream's answer",
    send: "/ok",
    log: "200 - via_upstream",
    stats: { "cluster.web.upstream_rq_200": 1, "http.main.downstream_rq_2xx": 1 },
  },
  {
    does: "no route",
    send: "/nowhere",
    log: "404 NR route_not_found",
    stats: { "http.main.no_route": 1, "http.main.downstream_rq_4xx": 1 },
  },
  { does: "no such cluster", send: "/unknown", log: "503 NC cluster_not_found", stats: { "http.main.no_cluster": 1 } },
  {
    does: "a cluster without hosts",
    send: "/empty",
    log: "503 UH no_healthy_upstream",
    stats: { "cluster.empty.upstream_cx_none_healthy": 1, "cluster.empty.upstream_rq_503": 1 },
  },
  {
    does: "a refused connection",
    send: "/refused",
    log: "503 UF upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}",
    stats: {
      "cluster.refused.upstream_cx_connect_fail": 1,
      "cluster.refused.upstream_rq_pending_failure_eject": 1,
      "cluster.refused.upstream_rq_503": 1,
    },
  },
  {
    does: "a refused connection, retried in vain",
    send: "/refused/retry",
    // Envoy prints flags in the order in which they were set.
    log: /^503 URX,UF upstream_reset_before_response_started\{remote_connection_failure\|delayed_connect_error:_Connection_refused\}$/,
    stats: {
      "cluster.refused.upstream_rq_retry": 2,
      "cluster.refused.upstream_rq_retry_limit_exceeded": 1,
      "cluster.refused.upstream_rq_503": 1,
    },
  },
  {
    does: "an error, retried in vain",
    send: "/503/retry",
    log: "503 URX via_upstream",
    stats: {
      "cluster.web.upstream_rq_retry": 2,
      "cluster.web.upstream_rq_503": 1,
      "cluster.web.upstream_rq_retry_limit_exceeded": 1,
    },
  },
  {
    does: "an error, retried with success",
    send: "/twice/retry",
    log: "200 - via_upstream",
    stats: {
      "cluster.web.upstream_rq_retry": 1,
      "cluster.web.upstream_rq_retry_success": 1,
      "cluster.web.upstream_rq_200": 1,
      "cluster.web.upstream_rq_503": 0,
    },
  },
  {
    does: "an error that is not retried after one that is",
    send: "/mixed/retry",
    log: "400 - via_upstream",
    stats: { "cluster.web.upstream_rq_retry": 1, "cluster.web.upstream_rq_retry_success": 1 },
  },
  {
    does: "no place for a retry",
    send: "/503/crowded",
    log: "503 UO via_upstream",
    stats: { "cluster.crowded.upstream_rq_retry": 0, "cluster.crowded.upstream_rq_retry_overflow": 1 },
  },
  {
    does: "an upstream that closes before it answers",
    send: "/die",
    log: "503 UC upstream_reset_before_response_started{connection_termination}",
    stats: { "cluster.web.upstream_cx_destroy_with_active_rq": 1 },
  },
  {
    does: "an upstream that dies in mid-response",
    send: "/half",
    log: /^200 (UC|UPE|UR) upstream_reset_after_response_started\{/,
  },
  {
    does: "an upstream's nonsense",
    send: "/garbage",
    log: "502 UPE upstream_reset_before_response_started{protocol_error}",
    stats: { "cluster.web.upstream_cx_protocol_error": 1 },
  },
  {
    does: "the route's timeout",
    send: "/slow/timeout",
    log: "504 UT response_timeout",
    stats: { "cluster.web.upstream_rq_timeout": 1, "cluster.web.upstream_rq_504": 1 },
  },
  {
    does: "the attempt's timeout",
    send: "/slow/try",
    log: "504 UT upstream_per_try_timeout",
    stats: { "cluster.web.upstream_rq_per_try_timeout": 1 },
  },
  {
    does: "the attempt's timeout, retried for resets",
    send: "/slow/try-reset",
    log: /^504 URX,UT upstream_per_try_timeout$/,
    stats: { "cluster.web.upstream_rq_per_try_timeout": 2, "cluster.web.upstream_rq_retry": 1 },
  },
  {
    does: "a full queue",
    send: "/full",
    log: "503 UO upstream_reset_before_response_started{overflow}",
    stats: { "cluster.full.upstream_rq_pending_overflow": 1 },
  },
  {
    does: "a stream that stands still",
    send: "/slow/idle",
    log: "504 SI stream_idle_timeout",
    stats: { "http.main.downstream_rq_idle_timeout": 1 },
  },
  {
    does: "a request that stands still",
    send: request("/slow/idle", { method: "POST", headers: [["content-length", "5"]] }),
    log: "408 SI stream_idle_timeout",
  },
  {
    does: "a stream that lasts too long",
    send: "/slow/duration", // Envoy sets the flag too late for its log.
    log: /^504 (DT|-) max_duration_timeout$/,
    stats: { "http.main.downstream_rq_max_duration_reached": 1 },
  },
  {
    does: "a client that leaves before the answer",
    send: "/slow",
    leaveAfter: 100,
    log: "0 DC downstream_remote_disconnect",
    stats: { "http.main.downstream_rq_rx_reset": 1, "http.main.downstream_rq_tx_reset": 0 },
  },
  {
    does: "a client that leaves in the middle of the answer",
    send: "/endless",
    leaveAfter: 200,
    log: "200 DC downstream_remote_disconnect",
    stats: { "http.main.downstream_rq_rx_reset": 1 },
  },
  {
    does: "a client that leaves in the middle of its request",
    send: request("/slow", { method: "POST", headers: [["content-length", "50"]] }),
    leaveAfter: 100,
    log: "0 DC downstream_remote_disconnect",
  },
  {
    does: "a client that leaves while no connection is there",
    send: "/queued",
    leaveAfter: 100,
    log: "0 DC downstream_remote_disconnect",
  },
  {
    does: "a request that breaks the protocol",
    send: "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    log: /^400 DPE http1\./,
    stats: { "http.main.downstream_cx_protocol_error": 1 },
  },
  {
    does: "an answer of the route's own",
    send: "/direct",
    log: "200 - direct_response",
    stats: { "http.main.rq_direct_response": 1 },
  },
  { does: "a redirect", send: "/redirect", log: "301 - direct_response" },
  {
    does: "an answer before the whole request",
    send: request("/early", { method: "POST", headers: [["content-length", "50"]] }),
    log: "200 - via_upstream",
    stats: { "http.main.downstream_rq_response_before_rq_complete": 1 },
  },
];

describeRuntimes("how exchanges end", (runtime) => {
  let origin: Origin;
  let stuck: Origin;
  let gateway: Gateway;
  let folder: string;
  let file: string;
  const counts = new Map<string, number>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-outcomes-"));
    file = join(folder, "log.txt");
    origin = await startOrigin(async (exchange) => {
      const { target } = exchange;
      const nth = (counts.get(target) ?? 0) + 1;
      counts.set(target, nth);
      if (target.startsWith("/early")) return exchange.respond({ body: "early" });
      if (target.startsWith("/503")) return exchange.respond({ status: 503, body: "no" });
      if (target.startsWith("/twice")) return exchange.respond({ status: nth === 1 ? 503 : 200, body: "no" });
      if (target.startsWith("/mixed")) return exchange.respond({ status: nth === 1 ? 503 : 400, body: "no" });
      if (target.startsWith("/die")) {
        exchange.socket.end();
        return;
      }
      if (target.startsWith("/half")) {
        await exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        await sleep(50);
        exchange.socket.destroy();
        return;
      }
      if (target.startsWith("/garbage")) {
        await exchange.send("garbage\r\n\r\n");
        return;
      }
      if (target.startsWith("/slow")) await sleep(1_500);
      if (target.startsWith("/endless")) {
        await exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (let i = 0; i < 100 && exchange.socket.writable; i++) {
          await exchange.send("1\r\nx\r\n");
          await sleep(20);
        }
        return;
      }
      await exchange.respond({ body: "fine" });
    });
    stuck = await startOrigin(() => new Promise(() => {}));
    const [refused] = await freePorts(1);
    const retries = (on: string, more = {}) => ({
      retry_policy: { retry_on: on, num_retries: 2, retry_back_off: { base_interval: "0.001s" }, ...more },
    });
    const at = (path: string, cluster: string, action = {}) => ({ match: { path }, route: { cluster, ...action } });
    gateway = await runtime.start(
      mesh()
        .service("web", origin.port)
        .service("crowded", origin.port, { circuit_breakers: { thresholds: [{ max_retries: 0 }] } })
        .service("full", origin.port, { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } })
        .service("queued", stuck.port, { circuit_breakers: { thresholds: [{ max_connections: 1 }] } })
        .service("refused", refused)
        .service("empty", [])
        .accessLog(file, "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n")
        .accessLog(`${file}.addresses`, "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%\n")
        .route(at("/503/retry", "web", retries("5xx")))
        .route(at("/503/crowded", "crowded", retries("5xx")))
        .route(at("/twice/retry", "web", retries("5xx")))
        .route(at("/mixed/retry", "web", retries("5xx")))
        .route(at("/refused/retry", "refused", retries("connect-failure")))
        .route(at("/refused", "refused"))
        .route(at("/empty", "empty"))
        .route(at("/full", "full"))
        .route(at("/queued", "queued"))
        .route(at("/slow/timeout", "web", { timeout: "0.2s" }))
        .route(at("/slow/try", "web", { retry_policy: { retry_on: "connect-failure", per_try_timeout: "0.2s" } }))
        .route(
          at("/slow/try-reset", "web", {
            retry_policy: {
              retry_on: "reset",
              num_retries: 1,
              per_try_timeout: "0.2s",
              retry_back_off: { base_interval: "0.001s" },
            },
          }),
        )
        .route(at("/slow/idle", "web", { idle_timeout: "0.2s" }))
        .route(at("/slow/duration", "web", { max_stream_duration: { max_stream_duration: "0.2s" } }))
        .route({
          match: { path: "/unknown" },
          route: { cluster_header: "x-cluster" },
          request_headers_to_add: [{ header: { key: "x-none", value: "1" } }],
        })
        .route({ match: { path: "/direct" }, direct_response: { status: 200, body: { inline_string: "own" } } })
        .route({ match: { path: "/redirect" }, redirect: { path_redirect: "/ok" } })
        .route({ match: { safe_regex: { regex: "/(ok|die|half|garbage|slow|endless|early)" } }, route: { cluster: "web" } }),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    await origin.close();
    await stuck.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const lines = (of = file): string[] => {
    try {
      return readFileSync(of, "utf8").split("\n").slice(0, -1);
    } catch {
      return [];
    }
  };

  for (const outcome of OUTCOMES) {
    it(`${outcome.does}: ${String(outcome.log)}`, async () => {
      const before = await gateway.stats();
      const logged = lines().length;
      const client = await rawConnect(gateway.port);
      const from = client.socket.localPort;
      const bytes = outcome.send.startsWith("/")
        ? request(outcome.send, { headers: outcome.send === "/unknown" ? [["x-cluster", "nobody"]] : [] })
        : outcome.send;
      await client.send(bytes);
      if (outcome.leaveAfter !== undefined) {
        await sleep(outcome.leaveAfter);
        client.socket.resetAndDestroy();
      } else await client.response().catch(() => null);
      await until(() => lines().length > logged, "a line in the access log", 12_000);
      client.destroy();
      if (typeof outcome.log === "string") expect(lines()[logged]).toBe(outcome.log);
      else expect(lines()[logged]).toMatch(outcome.log);
      await until(() => lines(`${file}.addresses`).length > logged, "a line of addresses");
      // Also of a client that is gone.
      expect(lines(`${file}.addresses`)[logged]).toBe(`127.0.0.1:${from} 127.0.0.1:${gateway.port}`);
      const after = await gateway.stats();
      const changes = Object.fromEntries(
        Object.keys(outcome.stats ?? {}).map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]),
      );
      expect(changes).toEqual(outcome.stats ?? {});
    });
  }

  it("leaves nothing behind", async () => {
    for (const gauge of [
      "http.main.downstream_rq_active",
      "http.main.downstream_cx_active",
      "cluster.web.upstream_rq_active",
      "cluster.queued.upstream_rq_active",
      "cluster.queued.upstream_rq_pending_active",
      "cluster.web.circuit_breakers.default.rq_retry_open",
    ]) {
      await gateway.untilStat(gauge, (value) => value === 0);
    }
  });
});
