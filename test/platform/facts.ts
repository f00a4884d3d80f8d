import type { ConnectionHandler } from "../../core/transport/connection.ts";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, fork } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { connect, listen } from "../../core/transport/connection.ts";
import { hasNativePath } from "../../core/transport/handle-connection.ts";
import { SocketConnection } from "../../core/transport/socket-connection.ts";

/** Something we rely on the runtime for. `run` throws when it is not so, and a `Skip` where it can't be tried. */
export interface Fact {
  readonly name: string;
  run(): Promise<void>;
}

/** Why a fact was not tried. */
export class Skip extends Error {}

const isDeno = "Deno" in globalThis;
const MB = 1024 * 1024;

const settle = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

function once(emitter: { once(event: string, listener: (...args: never[]) => void): unknown }, event: string): Promise<unknown> {
  return new Promise((resolve) => emitter.once(event, resolve as () => void));
}

async function listening(server: net.Server): Promise<net.Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Writes 200 MB, waits until nothing moves any more, and tells how many bytes the socket got rid of. */
async function sentToSilence(socket: net.Socket): Promise<number> {
  const block = Buffer.alloc(MB, 1);
  for (let i = 0; i < 200; i++) socket.write(block);
  const sent = (): number => 200 * MB - socket.writableLength;
  for (let before = -1; before !== sent();) {
    before = sent();
    await settle(300);
  }
  return sent();
}

/** A self-signed certificate by the `openssl` command. */
function certificate(): { key: Buffer; cert: Buffer } {
  const dir = mkdtempSync(join(tmpdir(), "isthmus-cert-"));
  const files = { key: join(dir, "key.pem"), cert: join(dir, "cert.pem") };
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    const args = ["req", "-x509", ...curve, "-subj", "/CN=localhost", "-days", "2", "-keyout", files.key, "-out", files.cert];
    execFileSync("openssl", args, { stdio: "ignore" });
    return { key: readFileSync(files.key), cert: readFileSync(files.cert) };
  } catch {
    throw new Skip("no `openssl` command to make a certificate with");
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A TLS connection whose server side is handed to `accepted` before anything is read from it. */
async function overTls(accepted: (socket: tls.TLSSocket) => void): Promise<{ client: tls.TLSSocket; close: () => void }> {
  const server = tls.createServer({ ...certificate(), allowHalfOpen: true } as tls.TlsOptions, accepted);
  await listening(server);
  const client = tls.connect({ port: portOf(server), host: "127.0.0.1", rejectUnauthorized: false });
  client.on("error", () => {});
  await once(client, "secureConnect");
  return {
    client,
    close() {
      client.destroy();
      server.close();
    },
  };
}

const silent: ConnectionHandler = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} };

function openDescriptors(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

/** Opens and closes `count` connections, 50 at a time, in each of the ways in which a connection can end. */
async function churn(count: number, native: boolean): Promise<void> {
  const socket = await listen({ host: "127.0.0.1", port: 0 }, { native }, (connection) => {
    connection.handler = {
      ...silent,
      onData: () => void (connection.id % 3 === 0 ? connection.destroy() : connection.writeLatin1("pong")),
      onEnd: () => connection.end(),
    };
  });
  const one = (i: number): Promise<void> =>
    new Promise((resolve) => {
      const handler: ConnectionHandler = {
        onConnect: () => void connection.writeLatin1("ping"),
        onData: () => (i % 3 === 0 ? connection.reset() : connection.end()),
        onEnd: () => connection.end(),
        onDrain() {},
        onClose: () => resolve(),
      };
      const connection = connect({ host: "127.0.0.1", port: socket.port }, { native }, handler);
    });
  for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, (_, j) => one(i + j)));
  for (let i = 0; socket.connections > 0 && i < 100; i++) await settle(20);
  assert.equal(socket.connections, 0);
  await socket.close();
}

/** Bytes in use once garbage is collected, on the heap and, where buffers live, outside of it. */
async function memoryInUse(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  assert.ok(gc, "run with --expose-gc");
  for (let i = 0; i < 3; i++) {
    gc();
    await settle(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const INHERIT = "inherit";

/** Whether this process was forked by the fact on inheritance, to serve on its parent's descriptor. */
export const inherits: boolean = process.argv[2] === INHERIT;

/** Listens on the server that the parent sends, until the parent lets go. */
export async function serveInherited(): Promise<void> {
  const server = await new Promise<net.Server>((resolve) => {
    process.once("message", (_: unknown, handle: unknown) => resolve(handle as net.Server));
  });
  const socket = await listen({ server }, {}, (connection) => {
    connection.handler = {
      ...silent,
      onData: () => {
        connection.writeLatin1(`child ${process.pid}`);
        connection.end();
      },
      onEnd: () => connection.end(),
    };
  });
  process.once("disconnect", () => void socket.close().then(() => process.exit(0)));
  process.send?.("ready");
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const handler: ConnectionHandler = {
      onConnect: () => void connection.writeLatin1("who?"),
      onData: (chunk) => void (answer += chunk.toString("latin1")),
      onEnd: () => connection.end(),
      onDrain() {},
      onClose: (error) => (error === null ? resolve(answer) : reject(error)),
    };
    const connection = connect({ host: "127.0.0.1", port }, {}, handler);
  });
}

export const facts: readonly Fact[] = [
  {
    name: "connections can stand on the runtime's own handles",
    run() {
      assert.equal(hasNativePath, true);
      return Promise.resolve();
    },
  },
  {
    name: "a paused TCP socket stops reading",
    async run() {
      let read = 0;
      const server = await listening(
        net.createServer((socket) => {
          socket.on("error", () => {});
          socket.on("data", (chunk) => {
            read += chunk.length;
            socket.pause();
          });
        }),
      );
      const client = net.connect(portOf(server), "127.0.0.1").on("error", () => {});
      const sent = await sentToSilence(client);
      assert.ok(sent < 32 * MB, `${sent} bytes sent to a paused socket`);
      assert.ok(read <= MB, `${read} bytes read`);
      client.destroy();
      server.close();
    },
  },
  {
    name: "a paused TLS socket stops reading (on Deno, which mostly reads on: when the handle under it is stopped too)",
    async run() {
      let server: tls.TLSSocket | undefined;
      const { client, close } = await overTls((socket) => {
        server = socket.on("error", () => {});
        socket.on("data", () => {
          socket.pause();
          if (isDeno) (socket as unknown as { _handle: { _parent: { readStop(): void } } })._handle._parent.readStop();
        });
      });
      const sent = await sentToSilence(client);
      assert.ok(sent < 32 * MB, `${sent} bytes sent to a paused TLS socket`);
      server?.destroy();
      close();
    },
  },
  {
    name: "a connection over TLS can be paused from the start or while it reads, and reads everything once resumed",
    async run() {
      for (const pauseAt of ["start", "data"]) {
        let connection: SocketConnection | undefined;
        let read = 0;
        let held = pauseAt === "data";
        const { client, close } = await overTls((socket) => {
          const handler: ConnectionHandler = {
            ...silent,
            onData(chunk) {
              read += chunk.length;
              if (held) connection?.pause();
              held = false;
            },
          };
          connection = new SocketConnection(socket, handler);
          if (pauseAt === "start") connection.pause();
          connection.start();
        });
        const sent = await sentToSilence(client);
        assert.ok(sent < 32 * MB, `${sent} bytes sent to a connection paused at ${pauseAt}`);
        assert.ok(read <= 64 * 1024, `${read} bytes read`);
        connection?.resume();
        for (let i = 0; i < 200 && read < 200 * MB; i++) await settle(50);
        assert.equal(read, 200 * MB);
        connection?.destroy();
        close();
      }
    },
  },
  {
    name: "each side of a socket closes by itself",
    async run() {
      const seen: string[] = [];
      const server = await listening(
        net.createServer({ allowHalfOpen: true }, (socket) => {
          socket.on("data", (chunk) => seen.push(`server ${String(chunk)}`));
          socket.on("end", () => {
            seen.push("server end");
            setTimeout(() => socket.end("answer"), 20);
          });
        }),
      );
      const client = net.connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
      client.on("data", (chunk) => seen.push(`client ${String(chunk)}`)).on("end", () => seen.push("client end"));
      client.end("question");
      await once(client, "close");
      assert.deepEqual(seen, ["server question", "server end", "client answer", "client end"]);
      server.close();
    },
  },
  {
    name: "a reset is an error to the peer, not an end",
    async run() {
      const server = await listening(net.createServer((socket) => void socket.on("error", () => {}).resetAndDestroy()));
      const client = net.connect(portOf(server), "127.0.0.1");
      let ended = false;
      client.on("end", () => (ended = true)).resume();
      const error = (await once(client, "error")) as NodeJS.ErrnoException;
      assert.equal(error.code, "ECONNRESET");
      assert.equal(ended, false);
      server.close();
    },
  },
  {
    name: "a listening descriptor is inherited, and the parent can let go of it",
    async run() {
      const server = await listening(net.createServer((socket) => void socket.end("parent")));
      const port = portOf(server);
      const child = fork(process.argv[1], [INHERIT], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      child.send("server", server);
      await once(child, "message");
      server.close();
      await settle(50);
      for (let i = 0; i < 20; i++) assert.equal(await ask(port), `child ${child.pid}`);
      child.disconnect();
      await once(child, "exit");
      await assert.rejects(ask(port), { code: "ECONNREFUSED" });
    },
  },
  ...[true, false].map((native) => ({
    name: `10,000 ${native ? "native" : "portable"} connections leave nothing behind`,
    async run() {
      await churn(1000, native);
      const before = await memoryInUse();
      const descriptors = openDescriptors();
      await churn(10_000, native);
      const grown = (await memoryInUse()) - before;
      assert.ok(grown < 2 * MB, `${grown} bytes more in use after 10,000 connections`);
      assert.ok(openDescriptors() <= descriptors + 2, `${descriptors} descriptors became ${openDescriptors()}`);
    },
  })),
];
