import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { ClusterFixture } from "../../core/cluster/testing/cluster-fixture.ts";
import type { TerminalControl, TerminalStream } from "../../core/contract/stream.ts";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { HeaderMapImpl } from "../../core/stream/header-map.ts";
import { timers } from "../../core/transport/timers.ts";
import { parseRetryOn } from "./retry-state.ts";
import { RouterRequest } from "./router-request.ts";
import type { RouterRoute } from "./router-route.ts";
import { RouterStats } from "./router-stats.ts";

/** A stream that notes what the router does to it. */
class FakeStream {
  terminal: TerminalControl | null = null;
  readonly upgrade = "";
  requestComplete = false;
  responseFlags = 0;
  paused = false;
  readonly replies: string[] = [];
  pauseRequest(): void {
    this.paused = true;
  }
  resumeRequest(): void {
    this.paused = false;
  }
  reply(status: number, { details }: { details: string }): void {
    this.replies.push(`${status} ${details}`);
  }
  respond(headers: { status: number }): void {
    this.replies.push(String(headers.status));
  }
  respondBody(): void {}
  flushResponse(): void {}
}

const route = {
  timeout: 0,
  priority: "DEFAULT",
  perTryIdleTimeout: 0,
  retryPolicy: {
    on: parseRetryOn("reset"),
    numRetries: 1,
    retriableStatusCodes: [],
    retriableHeaders: [],
    retriableRequestHeaders: [],
    baseInterval: 1,
    maxInterval: 1,
    avoidPreviousHosts: false,
    hostSelectionMaxAttempts: 1,
  },
  upgrades: new Map(),
} as unknown as RouterRoute;

async function setUp(perTryTimeout = 0) {
  const fixture = new ClusterFixture();
  const cluster = await fixture.static("per_connection_buffer_limit_bytes: 1000");
  const stream = new FakeStream();
  const headers = new HeaderMapImpl([]);
  Object.assign(headers, { method: "POST", path: "/", authority: "a" });
  const stats = new RouterStats(new StatsStore().scope("http", "test"));
  const router = new RouterRequest(stream as unknown as TerminalStream, headers, route, cluster, {
    suppressEnvoyHeaders: true,
    stats,
  });
  const start = (): void => router.start(false, 0, perTryTimeout, 0, -1, null);
  return { fixture, cluster, stream, router, start };
}

const BODY = Buffer.alloc(2000, "b");
/** More than the back-off, in the process's own time. */
const backOff = (): Promise<void> => sleep(30);

describe("a request that the upstream holds back", () => {
  it("goes on when the upstream dies and another attempt takes its place", async () => {
    const { fixture, stream, router, start } = await setUp();
    start();
    fixture.connections[0].taking = false;
    fixture.connections[0].establish();
    router.body(BODY, false);
    expect(stream.paused).toBe(true);
    fixture.connections[0].lose("ECONNRESET");
    expect(stream.paused).toBe(false);
    await backOff();
    fixture.connections[1].establish();
    expect(stream.paused).toBe(false);
    expect(fixture.connections[1].written.length).toBeGreaterThan(BODY.length);
    router.cancel();
  });

  it("stays so when what gathered before the upstream was there is already too much", async () => {
    const { fixture, stream, router, start } = await setUp();
    start();
    for (let i = 0; i < 40; i++) router.body(BODY, false);
    expect(stream.paused).toBe(true);
    fixture.connections[0].taking = false;
    fixture.connections[0].establish();
    expect(stream.paused).toBe(true);
    fixture.connections[0].drain();
    expect(stream.paused).toBe(false);
    router.cancel();
  });
});

describe("a retry's place in the limit", () => {
  it("is held until the outcome, and given back whatever that is", async () => {
    for (const outcome of ["response", "cancel in back-off", "cancel", "another failure"]) {
      const { fixture, cluster, stream, router, start } = await setUp();
      const armed = timers.armed;
      start();
      fixture.connections[0].establish();
      router.body(BODY, true);
      fixture.connections[0].lose("ECONNRESET");
      expect(cluster.limits.DEFAULT.retries, outcome).toBe(1);
      if (outcome === "cancel in back-off") router.cancel();
      else {
        await backOff();
        fixture.connections[1].establish();
        expect(cluster.limits.DEFAULT.retries, outcome).toBe(1);
        if (outcome === "response") fixture.connections[1].receive("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        else if (outcome === "cancel") router.cancel();
        else fixture.connections[1].lose("ECONNRESET");
      }
      expect(cluster.limits.DEFAULT.retries, outcome).toBe(0);
      expect(cluster.limits.DEFAULT.requests).toBe(0);
      expect(timers.armed).toBe(armed);
      const replies = {
        response: ["200"],
        "another failure": ["503 upstream_reset_before_response_started{connection_termination}"],
      };
      expect(stream.replies).toEqual(replies[outcome as keyof typeof replies] ?? []);
    }
  });
});

describe("the attempt's timeout", () => {
  it("is a reset, which `retry_on: reset` retries; the late answer of the first attempt is nobody's", async () => {
    const { fixture, stream, router, start } = await setUp(20);
    start();
    fixture.connections[0].establish();
    router.body(BODY, true);
    await vi.waitFor(() => expect(fixture.connections).toHaveLength(2), 5_000);
    expect(fixture.connections[0].state).toBe("closed");
    fixture.connections[0].receive("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    expect(stream.replies).toEqual([]);
    fixture.connections[1].establish();
    fixture.connections[1].receive("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
    expect(stream.replies).toEqual(["201"]);
    expect(fixture.stat("upstream_rq_per_try_timeout")).toBe(1);
  });
});
