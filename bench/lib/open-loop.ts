import { connect } from "node:net";
import type { Socket } from "node:net";
import { percentile } from "./usage.ts";

/** Latencies of an open-loop run, in milliseconds, counted from when each request was due. */
export interface Latency {
  offered: number;
  requests: number;
  failures: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** One keep-alive connection of the load: its requests are answered in order. */
class Connection {
  readonly socket: Socket;
  readonly due: number[] = [];
  #left = "";

  constructor(port: number, done: (due: number, ok: boolean) => void) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (text: string) => {
      let data = this.#left + text;
      for (;;) {
        const head = data.indexOf("\r\n\r\n");
        if (head < 0) break;
        const length = Number(/content-length: (\d+)/i.exec(data.slice(0, head))?.[1] ?? 0);
        if (data.length < head + 4 + length) break;
        done(this.due.shift() ?? 0, data.startsWith("HTTP/1.1 200"));
        data = data.slice(head + 4 + length);
      }
      this.#left = data;
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      for (const due of this.due.splice(0)) done(due, false);
    });
  }
}

/**
 * Offers `rate` requests a second for `seconds`, whatever the proxy's pace: a request that has to wait because the proxy is late counts its
 * waiting, so that a stall is not hidden (coordinated omission). wrk has no such mode.
 */
export async function openLoop(port: number, rate: number, seconds: number, connections = 32): Promise<Latency> {
  const text = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  const latencies: number[] = [];
  let failures = 0;
  let pending = 0;
  const done = (due: number, ok: boolean): void => {
    pending--;
    if (ok) latencies.push(performance.now() - due);
    else failures++;
  };
  const pool = Array.from({ length: connections }, () => new Connection(port, done));
  await Promise.all(pool.map((one) => new Promise((resolve) => one.socket.once("connect", resolve))));
  const warm = rate / 2;
  const total = Math.round(rate * seconds + warm);
  const start = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const target = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000));
      for (; sent < target; sent++) {
        const connection = pool[sent % connections];
        connection.due.push(start + (sent * 1000) / rate);
        pending++;
        connection.socket.write(text);
      }
      if (sent < total) setImmediate(tick);
      else resolve();
    };
    tick();
  });
  for (const end = performance.now() + 2_000; pending > 0 && performance.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  for (const one of pool) one.socket.destroy();
  const measured = Float64Array.from(latencies.slice(warm)).sort();
  return {
    offered: rate,
    requests: measured.length,
    failures: failures + pending,
    p50: percentile(measured, 0.5),
    p90: percentile(measured, 0.9),
    p99: percentile(measured, 0.99),
    max: percentile(measured, 1),
  };
}
