import net from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ListenerFilter } from "../contract/listener-filter.ts";
import { StatsStore } from "../observe/stats-store.ts";
import type { Connection, ServerTransport, TransportHandshake } from "../transport/connection.ts";
import { Occupancy } from "./accept/occupancy.ts";
import { ANY, answering, chain, listenerOf } from "./listener-fixture.ts";
import { type BuiltListener, ListenerRuntime } from "./listener-runtime.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const running: ListenerRuntime[] = [];

afterEach(async () => {
  for (const runtime of running.splice(0)) {
    await runtime.stopAccepting();
    runtime.destroyConnections();
  }
});

async function start(built: BuiltListener): Promise<ListenerRuntime> {
  const runtime = new ListenerRuntime(built);
  running.push(runtime);
  await runtime.bind();
  return runtime;
}

/** A client: what it got, and when its connection was over. */
class Client {
  readonly socket: net.Socket;
  text = "";
  readonly closed: Promise<void>;

  constructor(runtime: ListenerRuntime) {
    this.socket = net.connect(runtime.port, "127.0.0.1").setEncoding("latin1");
    this.socket.on("data", (data: string) => (this.text += data)).on("error", () => undefined);
    this.closed = new Promise((resolve) => this.socket.on("close", () => resolve()));
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** The body of what it got until the connection was closed. */
  async body(): Promise<string> {
    await this.closed;
    return this.text.slice(this.text.indexOf("\r\n\r\n") + 4);
  }
}

function counters(stats: StatsStore): (name: string) => number {
  const scope = stats.scope("listener", "l");
  return (name) => (name.endsWith("active") ? scope.gauge(name).value : scope.counter(name).value);
}

/** A line "name", taken off the front, is the name asked for. */
const nameLine: ListenerFilter<unknown> = {
  maxReadBytes: 16,
  onData(connection, bytes) {
    const end = bytes.indexOf("\n");
    if (end < 0) return "more";
    connection.serverName = bytes.toString("latin1", 0, end);
    connection.consume(end + 1);
  },
};

describe("listener filters", () => {
  it("see bytes in order, take some, and leave the rest to the chain that what they learned chooses", async () => {
    const stats = new StatsStore();
    const seen: string[] = [];
    const watcher: ListenerFilter<unknown> = {
      maxReadBytes: 100,
      onData: (_, bytes) => void seen.push(bytes.toString("latin1", 0, 3)),
    };
    const a = chain(answering(stats, "a"), { key: "a", criteria: { ...ANY, serverNames: ["a"] } });
    const b = chain(answering(stats, "b"), { key: "b", criteria: { ...ANY, serverNames: ["b"] } });
    const runtime = await start(listenerOf(stats, [a, b], [nameLine, watcher]));
    expect(await new Client(runtime).send(`b\n${GET}`).body()).toBe("b 127.0.0.1 b");
    expect(await new Client(runtime).send(`a\n${GET}`).body()).toBe("a 127.0.0.1 a");
    expect(seen).toEqual(["GET", "GET"]);
    expect(await new Client(runtime).send(`c\n${GET}`).body()).toBe("");
    const stat = counters(stats);
    expect([stat("downstream_cx_total"), stat("no_filter_chain_match")]).toEqual([2, 1]);
    expect([stat("downstream_cx_active"), stat("downstream_pre_cx_active"), stat("downstream_cx_destroy")]).toEqual([0, 0, 2]);
  });

  it("see bytes that come one by one, and no more than they take", async () => {
    const stats = new StatsStore();
    const runtime = await start(listenerOf(stats, [chain(answering(stats, "a"))], [nameLine, nameLine]));
    const client = new Client(runtime);
    client.socket.setNoDelay(true);
    const stat = counters(stats);
    client.send("o");
    await vi.waitFor(() => expect(stat("downstream_pre_cx_active")).toBe(1));
    for (const piece of ["ne\nt", "wo", `\n${GET}`]) client.send(piece);
    expect(await client.body()).toBe("a 127.0.0.1 two");
  });

  it("that read nothing run at once", async () => {
    const stats = new StatsStore();
    const named: ListenerFilter<unknown> = {
      maxReadBytes: 0,
      onAccept(connection) {
        connection.setAddresses("192.0.2.7", 7, "192.0.2.8", 8);
      },
    };
    const runtime = await start(listenerOf(stats, [chain(answering(stats, "a"))], [named]));
    expect(await new Client(runtime).send(GET).body()).toBe("a 192.0.2.7 ");
  });

  it("refuse a connection, and are told when one closes under them", async () => {
    const stats = new StatsStore();
    const onClose = vi.fn();
    const states: unknown[] = [];
    const refusing: ListenerFilter<unknown> = {
      maxReadBytes: 8,
      createState: () => states.length,
      onData: (_, bytes, state) => {
        states.push(state);
        return bytes[0] === 0x21 ? "close" : "more";
      },
      onClose,
    };
    const runtime = await start(listenerOf(stats, [chain(answering(stats, "a"))], [refusing]));
    expect(await new Client(runtime).send("!").body()).toBe("");
    const stat = counters(stats);
    // More than it may read, and still not enough.
    expect(await new Client(runtime).send("123456789").body()).toBe("");
    const gone = new Client(runtime).send("1");
    await vi.waitFor(() => expect(states.length).toBe(3));
    gone.socket.resetAndDestroy();
    await vi.waitFor(() => expect(stat("downstream_listener_filter_error")).toBe(1));
    const half = new Client(runtime).send("2");
    half.socket.end();
    await half.closed;
    expect(stat("downstream_listener_filter_remote_close")).toBe(1);
    expect(onClose).toHaveBeenCalledTimes(4);
    expect([stat("downstream_pre_cx_active"), stat("downstream_cx_total")]).toEqual([0, 0]);
  });

  it("have their time, all together: then the connection closes, or goes on with what is known", async () => {
    const stats = new StatsStore();
    const closing = await start(listenerOf(stats, [chain(answering(stats, "a"))], [nameLine], { timeout: 20 }));
    const slow = new Client(closing).send("n");
    await slow.closed;
    const stat = counters(stats);
    expect([stat("downstream_pre_cx_timeout"), stat("downstream_pre_cx_active"), stat("downstream_cx_total")]).toEqual([1, 0, 0]);
    const going = await start(
      listenerOf(stats, [chain(answering(stats, "a"))], [nameLine], { timeout: 20, continueOnTimeout: true }),
    );
    // The server waits for a name, then takes what was sent for a request.
    const client = new Client(going).send(GET.slice(0, 5));
    await vi.waitFor(() => expect(stat("downstream_cx_total")).toBe(1));
    expect(await client.send(GET.slice(5)).body()).toMatch(/^a /);
  });

  it("go on over an update, and the connection gets a chain of after it", async () => {
    const stats = new StatsStore();
    const first = listenerOf(stats, [chain(answering(stats, "old"))], [nameLine]);
    const runtime = await start(first);
    const client = new Client(runtime).send("n");
    const stat = counters(stats);
    await vi.waitFor(() => expect(stat("downstream_pre_cx_active")).toBe(1));
    const idle = vi.fn();
    first.filters!.occupancy.onIdle = idle;
    runtime.update(listenerOf(stats, [chain(answering(stats, "new"))]));
    expect(idle).not.toHaveBeenCalled();
    expect(await client.send(`\n${GET}`).body()).toBe("new 127.0.0.1 n");
    expect(idle).toHaveBeenCalledTimes(1);
    expect(await new Client(runtime).send(GET).body()).toBe("new 127.0.0.1 ");
  });

  it("go on while the listener drains: the request is answered, then the connection ends", async () => {
    const stats = new StatsStore();
    const runtime = await start(listenerOf(stats, [chain(answering(stats, "a"))], [nameLine]));
    const client = new Client(runtime).send("n");
    const silent = new Client(runtime).send("n");
    const stat = counters(stats);
    await vi.waitFor(() => expect(stat("downstream_pre_cx_active")).toBe(2));
    await runtime.stopAccepting();
    runtime.drain();
    const drained = runtime.drained(10_000);
    const body = client.send("\nGET / HTTP/1.1\r\nhost: a\r\n\r\n").body();
    expect(await body).toBe("a 127.0.0.1 n");
    // One that has sent its name and no request is idle.
    silent.send("\n");
    await silent.closed;
    expect(silent.text).toBe("");
    await drained;
  });

  it("do not outlive the drain time", async () => {
    const stats = new StatsStore();
    const runtime = await start(listenerOf(stats, [chain(answering(stats, "a"))], [nameLine]));
    const client = new Client(runtime).send("n");
    await vi.waitFor(() => expect(counters(stats)("downstream_pre_cx_active")).toBe(1));
    await runtime.drained(5);
    await client.closed;
    expect(counters(stats)("downstream_pre_cx_active")).toBe(0);
  });
});

/** A transport whose handshakes are finished by hand. */
class HandTransport implements ServerTransport {
  readonly waiting: { connection: Connection; read: string; done: TransportHandshake }[] = [];

  accept(connection: Connection, read: Buffer | null, done: TransportHandshake): { cancel(): void } {
    connection.handler = {
      onData() {},
      onEnd: () => connection.destroy(),
      onDrain() {},
      onClose: () => done.onTransportFailure("gone"),
    };
    this.waiting.push({ connection, read: read?.toString("latin1") ?? "", done });
    return { cancel: () => connection.destroy() };
  }

  async next(): Promise<(typeof this.waiting)[number]> {
    await vi.waitFor(() => expect(this.waiting).not.toEqual([]));
    return this.waiting.shift()!;
  }
}

describe("a transport", () => {
  const over = (stats: StatsStore, timeout = 0) => {
    const transport = new HandTransport();
    const occupancy = new Occupancy();
    return {
      transport,
      occupancy,
      chain: chain(answering(stats, "a"), { transport: { transport, timeout, occupancy } }),
    };
  };

  it("gets the connection with what listener filters read, and gives another that is served", async () => {
    const stats = new StatsStore();
    const { transport, chain: one, occupancy } = over(stats);
    const runtime = await start(listenerOf(stats, [one], [nameLine]));
    const client = new Client(runtime).send("n\nhello");
    const { connection, read, done } = await transport.next();
    expect(read).toBe("hello");
    const stat = counters(stats);
    expect([stat("downstream_cx_active"), stat("downstream_pre_cx_active"), occupancy.occupied]).toEqual([1, 0, true]);
    done.onTransportReady(connection);
    expect(occupancy.occupied).toBe(false);
    expect(await client.send(GET).body()).toBe("a 127.0.0.1 n");
    await vi.waitFor(() => expect([stat("downstream_cx_active"), stat("downstream_cx_destroy")]).toEqual([0, 1]));
  });

  it("that fails, or takes too long, ends the connection and is counted", async () => {
    const stats = new StatsStore();
    const failing = over(stats);
    const first = await start(listenerOf(stats, [failing.chain]));
    const gone = new Client(first);
    await failing.transport.next();
    gone.socket.destroy();
    const stat = counters(stats);
    await vi.waitFor(() => expect(stat("downstream_cx_destroy")).toBe(1));
    expect(stat("downstream_cx_transport_socket_connect_timeout")).toBe(0);
    const { transport, chain: one, occupancy } = over(stats, 20);
    const slow = new Client(await start(listenerOf(stats, [one])));
    const { connection, done } = await transport.next();
    await slow.closed;
    expect(stat("downstream_cx_transport_socket_connect_timeout")).toBe(1);
    expect([stat("downstream_cx_active"), stat("downstream_cx_destroy"), occupancy.occupied]).toEqual([0, 2, false]);
    // Too late.
    done.onTransportReady(connection);
    expect([stat("downstream_cx_active"), stat("downstream_cx_destroy")]).toEqual([0, 2]);
  });

  it("ends with the listener when its drain time is over", async () => {
    const stats = new StatsStore();
    const { transport, chain: one } = over(stats);
    const runtime = await start(listenerOf(stats, [one]));
    const client = new Client(runtime);
    await transport.next();
    runtime.drain();
    await runtime.drained(5);
    await client.closed;
    expect(counters(stats)("downstream_cx_active")).toBe(0);
  });
});
