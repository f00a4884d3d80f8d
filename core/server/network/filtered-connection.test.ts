import net from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { NetworkConnection, NetworkFilter } from "../../contract/network-filter.ts";
import { StatsStore } from "../../observe/stats-store.ts";
import { Occupancy } from "../accept/occupancy.ts";
import { answering, chain, listenerOf } from "../listener-fixture.ts";
import { ListenerRuntime } from "../listener-runtime.ts";
import { NetworkChain } from "./network-chain.ts";
import type { NetworkTerminal } from "./terminal.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const running: ListenerRuntime[] = [];
const errors: string[] = [];

afterEach(async () => {
  errors.length = 0;
  for (const runtime of running.splice(0)) {
    await runtime.stopAccepting();
    runtime.destroyConnections();
  }
});

/** What a chain is made of in these tests. */
interface Setup {
  filters: NetworkFilter<never>[];
  terminal?: NetworkTerminal;
  /** HTTP at the end. */
  http?: boolean;
  skip?: boolean;
  limit?: number;
}

async function start({ filters, terminal, http = false, skip = false, limit = 65_536 }: Setup) {
  const stats = new StatsStore();
  const occupancy = new Occupancy();
  const log = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) };
  const built = filters.map((filter, index) => ({
    name: `f${index}`,
    filter: filter as NetworkFilter<unknown>,
    skipOnError: skip,
    index,
  }));
  const network = new NetworkChain(built, terminal ?? null, limit, occupancy, log);
  const one = chain(answering(stats, "a"), { network });
  const runtime = new ListenerRuntime(listenerOf(stats, [http ? one : { ...one, manager: null }]));
  running.push(runtime);
  await runtime.bind();
  return { runtime, occupancy };
}

class Client {
  readonly socket: net.Socket;
  text = "";
  error = "";
  ended = false;
  closed = false;

  constructor(runtime: ListenerRuntime) {
    this.socket = net.connect({ port: runtime.port, host: "127.0.0.1", allowHalfOpen: true }).setEncoding("latin1");
    this.socket
      .on("data", (data: string) => (this.text += data))
      .on("end", () => (this.ended = true))
      .on("error", (error: NodeJS.ErrnoException) => (this.error = error.code ?? ""))
      .on("close", () => (this.closed = true));
  }
  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }
  async got(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.text).toBe(text));
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytes = (value: string): Buffer => Buffer.from(value, "latin1");

/** A terminal that answers what it gets in upper case, and the end with "!". */
const upper: NetworkTerminal = {
  serve(connection, read, owner) {
    const served = { drain() {}, drainWhenIdle() {}, destroy: () => connection.destroy() };
    connection.handler = {
      onData: (chunk) => void connection.writeBytes(bytes(text(chunk).toUpperCase())),
      onEnd() {
        connection.writeLatin1("!");
        connection.end();
      },
      onDrain() {},
      onClose: () => owner.closed(served, 0),
    };
    if (read !== null) connection.handler.onData(read);
    return served;
  },
};

describe("network filters", () => {
  it("run in order for the client's bytes, in reverse for those to it, and may change them", async () => {
    const add = (mark: string): NetworkFilter<never> => ({
      onData: (_, chunk) => (chunk.length === 0 ? undefined : bytes(text(chunk) + mark)),
      onWrite: (_, chunk) => (chunk.length === 0 ? undefined : bytes(text(chunk) + mark)),
    });
    const { runtime } = await start({ filters: [add("a"), add("b")], terminal: upper });
    const client = new Client(runtime).send("x");
    await client.got("XABba");
    client.socket.end();
    await client.got("XABba!ba");
    await vi.waitFor(() => expect(client.closed).toBe(true));
  });

  it("drop a chunk that they replace by nothing, and hold bytes back until they give them", async () => {
    const states: string[] = [];
    const lines: NetworkFilter<{ held: string }> = {
      createState: () => ({ held: "" }),
      onData(_, chunk, end, state) {
        state.held += text(chunk);
        states.push(state.held);
        if (!state.held.endsWith("\n") && !end) return bytes("");
        const whole = state.held;
        state.held = "";
        return bytes(whole);
      },
    };
    const { runtime } = await start({ filters: [lines as NetworkFilter<never>], terminal: upper });
    const client = new Client(runtime).send("a");
    await vi.waitFor(() => expect(states).toEqual(["a"]));
    await client.send("b\n").got("AB\n");
  });

  it("may wait: the direction queues in order, the other one goes on", async () => {
    let release!: () => void;
    const gate = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
    let connection!: NetworkConnection;
    let waiting = false;
    const waits: NetworkFilter<never> = {
      onConnection: (c) => void (connection = c),
      onData(_, chunk) {
        if (waiting || chunk.length === 0) return undefined;
        waiting = true;
        return gate;
      },
    };
    const { runtime } = await start({ filters: [waits], terminal: upper });
    const client = new Client(runtime).send("one");
    await vi.waitFor(() => expect(waiting).toBe(true));
    client.send("two").socket.end();
    connection.write(bytes("meanwhile"));
    await client.got("meanwhile");
    release();
    await client.got("meanwhileONETWO!");
  });

  it("hold a connection back from the filters behind and from what serves it until onConnection is done", async () => {
    let release!: () => void;
    const order: string[] = [];
    const first: NetworkFilter<never> = {
      onConnection: (c) => {
        order.push("first");
        c.write(bytes("wait "));
        return new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
      },
    };
    const second: NetworkFilter<never> = { onConnection: () => void order.push("second") };
    const { runtime } = await start({ filters: [first, second], terminal: upper });
    const client = new Client(runtime).send("early");
    await client.got("wait ");
    expect(order).toEqual(["first"]);
    release();
    await client.got("wait EARLY");
    expect(order).toEqual(["first", "second"]);
  });

  it("close: what was written goes out, what still comes is dropped; reset does not", async () => {
    const filter: NetworkFilter<never> = {
      onData(c, chunk) {
        if (text(chunk).startsWith("reset")) return c.reset("asked");
        c.write(bytes("bye"));
        return c.close("asked");
      },
    };
    const onClose = vi.fn();
    const { runtime, occupancy } = await start({ filters: [{ ...filter, onClose }], terminal: upper });
    const polite = new Client(runtime).send("x");
    await vi.waitFor(() => expect(polite.ended).toBe(true));
    expect([polite.text, polite.error]).toEqual(["bye", ""]);
    polite.socket.end();
    const cut = new Client(runtime).send("reset");
    await vi.waitFor(() => expect(cut.closed).toBe(true));
    expect([cut.text, cut.error]).toEqual(["", "ECONNRESET"]);
    await vi.waitFor(() => expect(onClose).toHaveBeenCalledTimes(2));
    for (const [, outcome] of onClose.mock.calls) expect(outcome).toEqual({ by: "local", details: "asked" });
    await vi.waitFor(() => expect([runtime.connections, occupancy.occupied]).toEqual([0, false]));
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boom"))],
  ] as const)("that %s resets its connection and no other, or is passed over", async (_, fails) => {
    const filter: NetworkFilter<never> = { onData: (__, chunk) => (text(chunk) === "bad" ? fails() : undefined) };
    const strict = await start({ filters: [filter], terminal: upper });
    const other = new Client(strict.runtime).send("ok");
    const bad = new Client(strict.runtime).send("bad");
    await vi.waitFor(() => expect(bad.closed).toBe(true));
    expect(bad.error).toBe("ECONNRESET");
    await other.got("OK");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^network filter f0: Error: boom/);
    const lenient = await start({ filters: [filter], terminal: upper, skip: true });
    await new Client(lenient.runtime).send("bad").got("BAD");
  });

  it("are told of the end exactly once, whoever ends it, and drop what settles later", async () => {
    const onClose = vi.fn();
    let release!: (value: Uint8Array) => void;
    let aborted = false;
    const filter: NetworkFilter<never> = {
      onConnection: (c) => c.signal.addEventListener("abort", () => (aborted = true)),
      onData: () => new Promise<Uint8Array>((resolve) => (release = resolve)),
      onClose,
    };
    const { runtime } = await start({ filters: [filter], terminal: upper });
    const client = new Client(runtime).send("x");
    await vi.waitFor(() => expect(release).toBeTypeOf("function"));
    runtime.destroyConnections();
    await vi.waitFor(() => expect(client.ended).toBe(true));
    release(bytes("late"));
    await vi.waitFor(() => expect(onClose).toHaveBeenCalledTimes(1));
    expect(onClose.mock.calls[0][1]).toEqual({ by: "local", details: "" });
    expect([aborted, client.text]).toEqual([true, ""]);
  });

  it("stand before HTTP as before anything else", async () => {
    const seen: string[] = [];
    const filter: NetworkFilter<never> = {
      onData: (_, chunk) => void seen.push(text(chunk).slice(0, 3)),
      onWrite: (_, chunk) => void seen.push(text(chunk).slice(0, 12)),
    };
    const { runtime } = await start({ filters: [filter], http: true });
    const client = new Client(runtime).send(GET);
    await vi.waitFor(() => expect(client.ended).toBe(true));
    expect(client.text).toContain("a 127.0.0.1 ");
    expect(seen.slice(0, 2)).toEqual(["GET", "HTTP/1.1 200"]);
    client.socket.end();
    await vi.waitFor(() => expect(runtime.connections).toBe(0));
  });
});

describe("a filter that answers itself", () => {
  const echo: NetworkFilter<never> = { onData: (c, chunk, end) => c.write(chunk, end) };

  it("gives the client's end back when it has none of its own", async () => {
    const { runtime } = await start({ filters: [echo] });
    const client = new Client(runtime).send("x");
    await client.got("x");
    client.socket.end();
    await vi.waitFor(() => expect(client.closed).toBe(true));
    expect(client.error).toBe("");
    await vi.waitFor(() => expect(runtime.connections).toBe(0));
  });

  it("does not read from a client that does not take what it gets, and loses nothing", async () => {
    let connection!: NetworkConnection;
    const watched: NetworkFilter<never> = { ...echo, onConnection: (c) => void (connection = c) };
    const { runtime } = await start({ filters: [watched], limit: 65_536 });
    const client = new Client(runtime);
    client.socket.pause();
    const total = 32 << 20;
    client.socket.write(Buffer.alloc(total, "y"));
    client.socket.end();
    let before = -1;
    await vi.waitFor(
      () => {
        const now = connection.bytesReceived;
        const still = now > 0 && now === before;
        before = now;
        expect(still).toBe(true);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(connection.bytesReceived).toBeLessThan(total);
    client.socket.resume();
    await vi.waitFor(() => expect(client.text.length).toBe(total), { timeout: 10_000 });
  });
});
