import type { ConnectAddress, Connection, ConnectionHandler, ListeningSocket, ListenOptions } from "./connection.ts";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clock } from "./clock.ts";
import { acceptTls, connect as connectPlain, listen as listenPlain } from "./connection.ts";
import type { ClientTls, ServerTls } from "./connection.ts";

/** One thing that every connection does, whatever it stands on. Free of any test framework: Deno runs these too. */
export interface ConformanceCase {
  readonly name: string;
  /** About what only TCP has, or what TLS does in another way. Default false. */
  readonly plainOnly?: boolean;
  run(native: boolean): Promise<void>;
}

const LIMIT_MS = 10_000;

/** Both ends of TLS for the cases that run over it; null: they run over plain connections. */
let secured: { readonly server: ServerTls; readonly client: ClientTls } | null = null;

/** Runs a case over TLS. One at a time. */
export async function overTls(
  ends: { readonly server: ServerTls; readonly client: ClientTls },
  run: () => Promise<void>,
): Promise<void> {
  secured = ends;
  try {
    await run();
  } finally {
    secured = null;
  }
}

const connect: typeof connectPlain = (address, options, handler) =>
  connectPlain(address, secured === null ? options : { ...options, tls: secured.client }, handler);

const listen: typeof listenPlain = (address, options, onConnection) =>
  listenPlain(address, options, (raw) => {
    if (secured === null) {
      onConnection(raw);
      return;
    }
    const shaking: ConnectionHandler = {
      onConnect: () => onConnection(connection as Connection),
      onData() {},
      onEnd() {},
      onDrain() {},
      onClose() {},
    };
    const connection = acceptTls(raw, null, secured.server, shaking);
  });

/** A handler that notes what happens, and lets a test wait for it. */
export class Recorder implements ConnectionHandler {
  connection!: Connection;
  /** "connect", "data" (runs of it once), "end", "drain", "close". */
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  received = 0;
  closeError: Error | null = null;
  /** Called on each event, before the waiters look. */
  on: (event: string, recorder: Recorder) => void = () => {};
  #waiters: { done: () => boolean; resolve: () => void }[] = [];

  #note(event: string): void {
    if (event !== "data" || this.events.at(-1) !== "data") this.events.push(event);
    this.on(event, this);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.done()) return true;
      waiter.resolve();
      return false;
    });
  }
  onConnect(): void {
    this.#note("connect");
  }
  onData(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.received += chunk.length;
    this.#note("data");
  }
  onEnd(): void {
    this.#note("end");
  }
  onDrain(): void {
    this.#note("drain");
  }
  onClose(error: Error | null): void {
    this.closeError = error;
    this.#note("close");
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
  has(event: string): boolean {
    return this.events.includes(event);
  }
  until(done: () => boolean, what: string): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}; saw ${this.events.join()}`)), LIMIT_MS);
      const finish = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiters.push({ done, resolve: finish });
    });
  }
  event(name: string): Promise<void> {
    return this.until(() => this.has(name), name);
  }
  bytes(count: number): Promise<void> {
    return this.until(() => this.received >= count, `${count} bytes`);
  }
}

/** A server and a client connected to it. */
class Pair {
  socket!: ListeningSocket;
  readonly server = new Recorder();
  readonly client = new Recorder();
  #accepted!: Promise<void>;

  static async open(
    native: boolean,
    more: { host?: string; to?: string; options?: ListenOptions; onAccept?: (c: Connection) => void } = {},
  ): Promise<Pair> {
    const pair = new Pair();
    const host = more.host ?? "127.0.0.1";
    let accept!: () => void;
    pair.#accepted = new Promise((resolve) => (accept = resolve));
    pair.socket = await listen({ host, port: 0 }, { native, ...more.options }, (connection) => {
      pair.server.connection = connection;
      connection.handler = pair.server;
      more.onAccept?.(connection);
      accept();
    });
    pair.client.connection = connect({ host: more.to ?? host, port: pair.socket.port }, { native }, pair.client);
    return pair;
  }
  async ready(): Promise<this> {
    await Promise.all([this.#accepted, this.client.event("connect")]);
    return this;
  }
  async close(): Promise<void> {
    for (const side of [this.client, this.server]) {
      if (side.connection === undefined) continue;
      side.connection.destroy();
      await side.event("close");
      assert.equal(side.events.at(-1), "close", "nothing follows the close");
      assert.equal(side.events.filter((event) => event === "close").length, 1, "one close");
    }
    await this.socket.close();
    assert.equal(this.socket.connections, 0);
  }
}

function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 255;
  return bytes;
}

function settle(ms = 30): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const MB = 1024 * 1024;

export const connectionCases: readonly ConformanceCase[] = [
  {
    name: "carries bytes both ways, and tells each end's addresses",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      assert.deepEqual(client.events, ["connect"]);
      client.connection.writeLatin1("ping");
      await server.bytes(4);
      server.connection.writeBytes(Buffer.from("pong"));
      await client.bytes(4);
      assert.equal(server.text, "ping");
      assert.equal(client.text, "pong");
      const at = (c: Connection): unknown[] => [c.localAddress, c.localPort, c.remoteAddress, c.remotePort];
      const port = client.connection.localPort;
      assert.deepEqual(at(client.connection), ["127.0.0.1", port, "127.0.0.1", pair.socket.port]);
      assert.deepEqual(at(server.connection), ["127.0.0.1", pair.socket.port, "127.0.0.1", port]);
      assert.equal(client.connection.bytesWritten, 4);
      assert.equal(client.connection.bytesRead, 4);
      assert.notEqual(client.connection.id, server.connection.id);
      assert.equal(pair.socket.connections, 1);
      await pair.close();
    },
  },
  {
    name: "tells the addresses it was asked to keep when the connection is gone",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      const port = client.connection.localPort;
      server.connection.keepAddresses();
      client.connection.reset();
      // Over TLS there is no reset.
      await server.until(() => server.has("end") || server.has("close"), "the peer's notice");
      server.connection.destroy();
      await server.event("close");
      const at = (c: Connection): unknown[] => [c.localAddress, c.localPort, c.remoteAddress, c.remotePort];
      assert.deepEqual(at(server.connection), ["127.0.0.1", pair.socket.port, "127.0.0.1", port]);
      await pair.close();
    },
  },
  {
    name: "shows an IPv4 peer of an IPv6 socket as IPv4",
    async run(native) {
      const pair = await Pair.open(native, { host: "::", to: "127.0.0.1" }).catch(() => null);
      if (pair === null) return;
      await pair.ready();
      assert.equal(pair.server.connection.remoteAddress, "127.0.0.1");
      assert.equal(pair.server.connection.localAddress, "127.0.0.1");
      await pair.close();
    },
  },
  {
    name: "connects over IPv6",
    async run(native) {
      const pair = await Pair.open(native, { host: "::1" }).catch(() => null);
      if (pair === null) return;
      await pair.ready();
      assert.equal(pair.server.connection.remoteAddress, "::1");
      await pair.close();
    },
  },
  {
    name: "delivers what was written before the connection was there",
    async run(native) {
      const pair = await Pair.open(native);
      assert.equal(pair.client.connection.state, "connecting");
      pair.client.connection.writeLatin1("one,");
      pair.client.connection.writeBytes(Buffer.from("two,"));
      pair.client.connection.writeLatin1("three");
      pair.client.connection.end();
      await pair.ready();
      await pair.server.event("end");
      assert.equal(pair.server.text, "one,two,three");
      assert.equal(pair.server.connection.state, "open");
      await pair.close();
    },
  },
  {
    name: "writes code points 0 to 255 as bytes, and heads before their bytes",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
      const { client, server } = pair;
      client.connection.writeLatin1(all);
      client.connection.writeHeadAndBytes("<small>", Buffer.from("body"));
      client.connection.writeHeadAndBytes("<large>", pattern(100_000));
      client.connection.writeHeadAndBytes("<none>", new Uint8Array(0));
      client.connection.writeLatin1("");
      client.connection.writeBytes(new Uint8Array(0));
      client.connection.end();
      await server.event("end");
      assert.equal(server.text, `${all}<small>body<large>${pattern(100_000).toString("latin1")}<none>`);
      assert.equal(client.connection.bytesWritten, server.connection.bytesRead);
      await pair.close();
    },
  },
  {
    name: "hands chunks over for good: later reads leave them alone",
    async run(native) {
      const server = new Recorder();
      const kept: { chunk: Buffer; byte: number }[] = [];
      const socket = await listen({ host: "127.0.0.1", port: 0 }, { native }, (connection) => {
        const handler: ConnectionHandler = {
          onData(chunk) {
            kept.push({ chunk, byte: chunk[0] });
            server.onData(chunk);
          },
          onEnd() {
            connection.end();
          },
          onDrain() {},
          onClose() {
            server.onClose(null);
          },
        };
        connection.handler = handler;
      });
      const clients = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const client = new Recorder();
          client.connection = connect({ host: "127.0.0.1", port: socket.port }, { native }, client);
          await client.event("connect");
          return client;
        }),
      );
      let sent = 0;
      const sizes = [1, 100, 3000, 10_000, 65_536, 300_000];
      for (const size of sizes) {
        for (const [i, client] of clients.entries()) {
          client.connection.writeBytes(Buffer.alloc(size, 65 + i));
          sent += size;
        }
        await server.bytes(sent);
      }
      for (const { chunk, byte } of kept) assert.ok(chunk.every((value) => value === byte));
      for (const client of clients) client.connection.destroy();
      await server.until(() => socket.connections === 0, "all closed");
      await socket.close();
    },
  },
  {
    name: "holds small writes not back to join them (TCP_NODELAY)",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      const rounds: number[] = [];
      for (let i = 1; i <= 21; i++) {
        const start = clock.now();
        server.connection.writeLatin1("a");
        server.connection.writeLatin1("b");
        server.connection.writeLatin1("c");
        await client.bytes(i * 3);
        rounds.push(clock.now() - start);
        client.connection.writeLatin1("?");
        await server.bytes(i);
      }
      // With Nagle's algorithm and delayed acknowledgements nearly every round takes 40 ms.
      rounds.sort((a, b) => a - b);
      assert.ok(rounds[10] < 30, `${rounds[10]} ms`);
      await pair.close();
    },
  },
  {
    name: "streams megabytes through in order",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const bytes = pattern(8 * MB);
      for (let at = 0; at < bytes.length; at += 200_000) pair.client.connection.writeBytes(bytes.subarray(at, at + 200_000));
      pair.client.connection.end();
      await pair.server.event("end");
      assert.ok(Buffer.concat(pair.server.chunks).equals(bytes));
      await pair.close();
    },
  },
  {
    name: "lends what it reads: good while the call lasts, and longer while the receiver has it paused",
    async run(native) {
      let held: { chunk: Buffer; copy: Buffer } | null = null;
      let at = 0;
      let kept = 0;
      const bytes = pattern(16 * MB);
      const pair = await Pair.open(native, {
        onAccept: (connection) => {
          connection.lendReads(MB);
          connection.handler = {
            onData(chunk) {
              assert.ok(chunk.equals(bytes.subarray(at, at + chunk.length)), `bytes from ${at}`);
              at += chunk.length;
              if (at % 3 !== 0 && kept > 20) return;
              kept++;
              held = { chunk, copy: Buffer.from(chunk) };
              connection.pause();
              setTimeout(() => {
                assert.ok(held !== null && held.chunk.equals(held.copy), "a chunk of a paused connection");
                connection.resume();
              }, 2);
            },
            onEnd: () => pair.server.onEnd(),
            onDrain() {},
            onClose: (error) => pair.server.onClose(error),
          };
        },
      });
      await pair.ready();
      for (let from = 0; from < bytes.length; from += 300_000)
        pair.client.connection.writeBytes(bytes.subarray(from, from + 300_000));
      pair.client.connection.end();
      await pair.server.event("end");
      assert.equal(at, bytes.length);
      assert.ok(kept > 20);
      await pair.close();
    },
  },
  {
    name: "streams a string of megabytes",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const text = pattern(4 * MB).toString("latin1");
      pair.client.connection.writeLatin1(text);
      await pair.server.bytes(4 * MB);
      assert.ok(pair.server.text === text);
      await pair.close();
    },
  },
  {
    name: "what was held back while one was paused leaves the reads of the next alone",
    async run(native) {
      const text = pattern(MB).toString("latin1");
      for (let round = 0; round < 3; round++) {
        const first = await (await Pair.open(native)).ready();
        const { client, server } = first;
        // All of it, and the end, is there when reading begins: what follows the first record is held back, and nothing is read after it.
        server.connection.pause();
        for (let i = 0; i < 3; i++) {
          client.connection.writeLatin1(text.slice(0, 5_000));
          await settle(2);
        }
        client.connection.end();
        await settle(5);
        server.on = (event, { connection }) => {
          server.on = () => {};
          if (event === "data") connection.pause();
        };
        server.connection.resume();
        await server.bytes(1);
        await settle(5);
        server.connection.resume();
        await server.event("end");
        assert.equal(server.received, 15_000);
        const second = await (await Pair.open(native)).ready();
        second.client.connection.writeLatin1(text);
        await second.server.bytes(MB);
        assert.ok(second.server.text === text);
        await first.close();
        await second.close();
      }
    },
  },
  {
    name: "reads nothing while paused, so that the sender feels it, and everything after",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      server.on = (event, { connection }) => {
        if (event === "data" && !connection.paused) connection.pause();
      };
      const total = 16 * MB;
      for (let at = 0; at < total; at += MB) client.connection.writeBytes(pattern(MB));
      await server.event("data");
      await settle(60);
      const before = server.received;
      await settle(60);
      assert.equal(server.received, before, "nothing comes while paused");
      assert.ok(client.connection.buffered > 0, "the sender can't get rid of it");
      assert.ok(server.connection.paused);
      server.on = () => {};
      server.connection.resume();
      await server.bytes(total);
      assert.equal(client.connection.buffered, 0);
      await pair.close();
    },
  },
  {
    name: "can be paused as it is accepted, and keeps the peer's end back until resumed",
    async run(native) {
      const pair = await Pair.open(native, { onAccept: (connection) => connection.pause() });
      await pair.ready();
      pair.client.connection.writeLatin1("early");
      pair.client.connection.end();
      await settle();
      assert.deepEqual(pair.server.events, []);
      pair.server.connection.resume();
      await pair.server.event("end");
      assert.equal(pair.server.text, "early");
      assert.deepEqual(pair.server.events, ["data", "end"]);
      await pair.close();
    },
  },
  {
    name: "can be paused and resumed before it has begun to read",
    async run(native) {
      const twice = (connection: Connection): void => {
        for (let i = 0; i < 2; i++) {
          connection.pause();
          connection.resume();
        }
      };
      const pair = await Pair.open(native, { onAccept: twice });
      twice(pair.client.connection);
      pair.client.on = (event, { connection }) => {
        if (event === "connect") twice(connection);
      };
      await pair.ready();
      pair.client.connection.writeLatin1("ping");
      pair.server.connection.writeLatin1("pong");
      await Promise.all([pair.client.bytes(4), pair.server.bytes(4)]);
      await pair.close();
    },
  },
  {
    name: "can be paused and resumed over and over",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      let expected = 0;
      for (let i = 0; i < 50; i++) {
        server.connection.pause();
        server.connection.pause();
        client.connection.writeBytes(pattern(i % 5 === 0 ? 100_000 : 50));
        expected += i % 5 === 0 ? 100_000 : 50;
        server.connection.resume();
        server.connection.resume();
        await server.bytes(expected);
      }
      assert.equal(server.received, expected);
      await pair.close();
    },
  },
  {
    name: "says false above the watermark and calls onDrain at half of it",
    plainOnly: true, // It counts on the kernel's taking what is written at once; sessions encrypt at the end of the turn.
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      server.connection.pause();
      client.connection.setWatermark(256 * 1024);
      let written = 0;
      while (client.connection.writeBytes(pattern(64 * 1024))) {
        written += 64 * 1024;
        assert.ok(client.connection.buffered <= 256 * 1024);
        assert.ok(written < 64 * MB, "the kernel does not take everything");
      }
      written += 64 * 1024;
      assert.ok(client.connection.buffered > 256 * 1024);
      let bufferedAtDrain = -1;
      client.on = (event, { connection }) => {
        if (event === "drain") bufferedAtDrain = connection.buffered;
      };
      await settle();
      assert.ok(!client.has("drain"));
      server.connection.resume();
      await client.event("drain");
      assert.ok(bufferedAtDrain <= 128 * 1024, `${bufferedAtDrain} buffered`);
      await server.bytes(written);
      await settle();
      assert.deepEqual(client.events, ["connect", "drain"], "once");
      assert.equal(client.connection.buffered, 0);
      await pair.close();
    },
  },
  {
    name: "can fill and drain again",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      client.connection.setWatermark(64 * 1024);
      let left = 200;
      const fill = (): void => {
        while (left > 0 && client.connection.writeBytes(pattern(128 * 1024))) left--;
        if (left > 0) left--;
      };
      client.on = (event) => {
        if (event === "drain") fill();
      };
      fill();
      await server.bytes(200 * 128 * 1024);
      assert.equal(left, 0);
      await pair.close();
    },
  },
  {
    name: "closes in halves: each side ends by itself, then both are closed",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      client.connection.writeLatin1("question");
      client.connection.end();
      client.connection.end();
      await server.event("end");
      assert.equal(client.connection.writeLatin1("too late"), true);
      assert.equal(server.connection.state, "open");
      server.connection.writeLatin1("ans");
      await client.bytes(3);
      server.connection.writeLatin1("wer");
      server.connection.end();
      await Promise.all([client.event("close"), server.event("close")]);
      assert.equal(client.text, "answer");
      assert.deepEqual(client.events, ["connect", "data", "end", "close"]);
      assert.deepEqual(server.events, ["data", "end", "close"]);
      assert.equal(client.closeError, null);
      assert.equal(server.closeError, null);
      assert.equal(client.connection.state, "closed");
      await pair.close();
    },
  },
  {
    name: "sends what is buffered before its end",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      pair.server.connection.pause();
      const bytes = pattern(6 * MB);
      pair.client.connection.writeBytes(bytes);
      pair.client.connection.end();
      await settle();
      pair.server.connection.resume();
      await pair.server.event("end");
      assert.ok(Buffer.concat(pair.server.chunks).equals(bytes));
      await pair.close();
    },
  },
  {
    name: "is closed at once by destroy: later, once, and silent from then on",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      server.connection.writeLatin1("unread");
      client.connection.destroy();
      client.connection.destroy(new Error("second"));
      assert.equal(client.connection.state, "closed");
      assert.ok(!client.has("close"), "not from inside the call");
      assert.equal(client.connection.writeLatin1("x"), true);
      assert.equal(client.connection.writeBytes(Buffer.from("x")), true);
      assert.equal(client.connection.writeHeadAndBytes("x", Buffer.from("x")), true);
      client.connection.end();
      client.connection.pause();
      client.connection.resume();
      client.connection.reset();
      client.connection.setNoDelay(true);
      client.connection.setKeepAlive(true, 1000);
      await client.event("close");
      await server.until(() => server.has("end") || server.has("close"), "the peer's notice");
      await settle();
      assert.deepEqual(client.events, ["connect", "close"]);
      assert.equal(client.closeError, null);
      assert.equal(client.connection.errorCode, "");
      assert.equal(client.connection.buffered, 0);
      await pair.close();
    },
  },
  {
    name: "passes the error of destroy on",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const why = Object.assign(new Error("no more"), { code: "ENOMORE" });
      pair.client.connection.destroy(why);
      await pair.client.event("close");
      assert.equal(pair.client.closeError, why);
      assert.equal(pair.client.connection.errorCode, "ENOMORE");
      await pair.close();
    },
  },
  {
    name: "can be destroyed from inside its own callbacks",
    async run(native) {
      const pair = await Pair.open(native);
      pair.server.on = (event, { connection }) => {
        if (event === "data") connection.destroy();
      };
      pair.client.on = (event, { connection }) => {
        if (event === "connect") connection.writeBytes(pattern(MB));
      };
      await pair.ready();
      await pair.server.event("close");
      assert.deepEqual(pair.server.events, ["data", "close"]);
      assert.equal(pair.server.chunks.length, 1);
      await pair.client.until(() => pair.client.has("close") || pair.client.has("end"), "the peer's notice");
      await pair.close();
    },
  },
  {
    name: "resets so that the peer sees an error, not an end",
    plainOnly: true,
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      server.connection.reset();
      server.connection.reset();
      await Promise.all([server.event("close"), client.event("close")]);
      assert.equal(server.closeError, null);
      assert.deepEqual(client.events, ["connect", "close"]);
      assert.equal((client.closeError as { code?: string } | null)?.code, "ECONNRESET");
      assert.equal(client.connection.errorCode, "ECONNRESET");
      await pair.close();
    },
  },
  {
    name: "survives writing to a peer that has reset",
    plainOnly: true,
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      client.connection.pause();
      server.connection.reset();
      await server.event("close");
      for (let i = 0; i < 20 && !client.has("close"); i++) {
        client.connection.writeBytes(pattern(1000));
        await settle(5);
      }
      await client.event("close");
      assert.match(client.connection.errorCode, /^(EPIPE|ECONNRESET)$/);
      await pair.close();
    },
  },
  {
    name: "tells of a reset while writes are waiting",
    plainOnly: true,
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server } = pair;
      server.connection.pause();
      client.connection.setWatermark(1000);
      assert.equal(client.connection.writeBytes(pattern(16 * MB)), false);
      server.connection.reset();
      await client.event("close");
      assert.match(client.connection.errorCode, /^(EPIPE|ECONNRESET)$/);
      assert.deepEqual(client.events, ["connect", "close"], "no drain");
      await pair.close();
    },
  },
  {
    name: "tells that nobody listens",
    async run(native) {
      const socket = await listen({ host: "127.0.0.1", port: 0 }, {}, () => {});
      const { port } = socket;
      await socket.close();
      const client = new Recorder();
      client.connection = connect({ host: "127.0.0.1", port }, { native }, client);
      client.connection.writeLatin1("lost");
      await client.event("close");
      assert.deepEqual(client.events, ["close"]);
      assert.equal(client.connection.errorCode, "ECONNREFUSED");
      assert.match(client.closeError?.message ?? "", new RegExp(`^connect ECONNREFUSED 127\\.0\\.0\\.1:${port}$`));
      assert.equal(client.connection.remoteAddress, "");
    },
  },
  {
    name: "can be given up while it connects",
    async run(native) {
      const pair = await Pair.open(native);
      pair.client.connection.destroy();
      await pair.client.event("close");
      assert.deepEqual(pair.client.events, ["close"]);
      assert.equal(pair.client.closeError, null);
      pair.server.connection?.destroy();
      await settle();
      pair.server.connection?.destroy();
      await settle();
      await pair.socket.close();
    },
  },
  {
    name: "binds to the address it is told",
    async run(native) {
      const server = new Recorder();
      let from = "";
      const socket = await listen({ host: "127.0.0.1", port: 0 }, { native }, (connection) => {
        connection.handler = server;
        server.connection = connection;
        from = connection.remoteAddress;
        server.onConnect();
      });
      const client = new Recorder();
      const options = { native, bindAddress: { host: "127.0.0.7" }, tcpKeepalive: { keepaliveTimeMs: 60_000 } };
      client.connection = connect({ host: "127.0.0.1", port: socket.port }, options, client);
      await client.until(() => client.has("connect") || client.has("close"), "an outcome");
      if (client.has("connect")) {
        await server.event("connect");
        assert.equal(from, "127.0.0.7");
        assert.equal(client.connection.localAddress, "127.0.0.7");
        client.connection.destroy();
        await server.event("end");
        server.connection.destroy();
        await server.event("close");
      }
      await socket.close();
    },
  },
  {
    name: "tells that it can't bind",
    async run(native) {
      const client = new Recorder();
      const options = { native, bindAddress: { host: "192.0.2.1" } };
      client.connection = connect({ host: "127.0.0.1", port: 1 }, options, client);
      await client.event("close");
      assert.deepEqual(client.events, ["close"]);
      assert.match(client.connection.errorCode, /^(EADDRNOTAVAIL|EINVAL)$/);
    },
  },
  {
    name: "stops accepting when closed, and keeps its connections",
    async run(native) {
      const pair = await (await Pair.open(native)).ready();
      const { client, server, socket } = pair;
      await socket.close();
      await socket.close();
      const late = new Recorder();
      late.connection = connect({ host: "127.0.0.1", port: socket.port }, { native }, late);
      await late.event("close");
      assert.equal(late.connection.errorCode, "ECONNREFUSED");
      client.connection.writeLatin1("still here");
      await server.bytes(10);
      assert.equal(socket.connections, 1);
      await pair.close();
    },
  },
  {
    name: "refuses an address in use",
    plainOnly: true,
    async run(native) {
      const first = await listen({ host: "127.0.0.1", port: 0 }, { native }, () => {});
      await assert.rejects(
        listen({ host: "127.0.0.1", port: first.port }, { native }, () => {}),
        { code: "EADDRINUSE" },
      );
      await first.close();
    },
  },
  {
    name: "speaks over Unix sockets",
    plainOnly: true,
    async run(native) {
      if (process.platform === "win32") return;
      const path = join(tmpdir(), `isthmus-${process.pid}-${native ? "n" : "p"}-${Math.random().toString(36).slice(2)}.sock`);
      const server = new Recorder();
      const socket = await listen({ path }, { native }, (connection) => {
        server.connection = connection;
        connection.handler = server;
      });
      assert.equal(socket.address, path);
      assert.equal(socket.port, 0);
      const client = new Recorder();
      const address: ConnectAddress = { path };
      client.connection = connect(address, { native }, client);
      client.connection.writeLatin1("hello");
      await server.bytes(5);
      assert.equal(server.connection.remoteAddress, "");
      server.connection.writeLatin1("hi");
      server.connection.end();
      await client.event("end");
      client.connection.reset();
      await Promise.all([client.event("close"), server.event("close")]);
      await socket.close();
      await rm(path, { force: true });
    },
  },
];
