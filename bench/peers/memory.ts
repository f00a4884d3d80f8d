import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { drained } from "../../test/lib/drained.ts";
import { residentKib } from "../lib/usage.ts";

const GIB = 1 << 30;
/** 128 KiB each 12.5 ms: 10 MiB a second. */
const BLOCK = 131_072;
const PAUSE = 12.5;

/** An origin with endless bodies and slow reads, in this process. */
export async function startMemoryOrigin(): Promise<{ port: number; close: () => void }> {
  const block = Buffer.alloc(65_536, "x");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.once("data", function first(data: Buffer): void {
      const head = data.toString("latin1", 0, 64);
      if (head.startsWith("GET /big")) void flood(socket, block);
      else if (head.startsWith("PUT /big")) void readSlowly(socket);
      else {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        socket.once("data", first);
      }
    });
  });
  server.listen(0, "127.0.0.1", 8192);
  await once(server, "listening");
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function flood(socket: Socket, block: Buffer): Promise<void> {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${GIB}\r\n\r\n`);
  for (let sent = 0; sent < GIB && socket.writable; sent += block.length) {
    if (!socket.write(block)) await drained(socket);
  }
}

async function readSlowly(socket: Socket): Promise<void> {
  socket.pause();
  while (!socket.destroyed) {
    socket.read(BLOCK);
    await sleep(PAUSE);
  }
}

/** Resident KiB for each of `count` idle keep-alive connections, each of which has had one answer; `dial` makes one. */
export async function idleConnections(
  port: number,
  pid: number,
  count: number,
  dial = (): Socket => connect({ port, host: "127.0.0.1" }),
): Promise<number> {
  const open = async (): Promise<Socket> => {
    const socket = dial();
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    return socket;
  };
  const hold = async (many: number): Promise<Socket[]> => {
    const held: Socket[] = [];
    while (held.length < many) held.push(...(await Promise.all(Array.from({ length: Math.min(50, many - held.length) }, open))));
    await sleep(1_000);
    return held;
  };
  for (const socket of await hold(300)) socket.destroy();
  await sleep(500);
  const before = residentKib(pid);
  const held = await hold(count);
  const each = (residentKib(pid) - before) / count;
  for (const socket of held) socket.destroy();
  await sleep(1_000);
  return each;
}

/** By how many MiB resident memory grows at most while a client reads 10 MiB a second of 1 GiB, and how many MiB it got. */
export async function slowReader(port: number, pid: number, seconds: number): Promise<{ grown: number; moved: number }> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.pause();
  socket.write("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  let moved = 0;
  const grown = await growth(pid, seconds, () => {
    moved += (socket.read(BLOCK) as Buffer | null)?.length ?? (socket.read() as Buffer | null)?.length ?? 0;
  });
  socket.destroy();
  await sleep(500);
  return { grown, moved: moved / 2 ** 20 };
}

/** The same for a client that sends 1 GiB to an origin that reads 10 MiB a second. */
export async function slowOrigin(port: number, pid: number, seconds: number): Promise<{ grown: number; moved: number }> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.write(`PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: ${GIB}\r\n\r\n`);
  // The origin answers nothing: whatever comes is the proxy's refusal, after which it may swallow the body at any pace.
  let refusal = "";
  socket.on("data", (data: Buffer) => (refusal ||= data.toString("latin1").split("\r\n")[0]));
  const block = Buffer.alloc(BLOCK, "x");
  const grown = await growth(pid, seconds, () => {
    for (let i = 0; i < 16 && socket.writable && !socket.writableNeedDrain; i++) socket.write(block);
  });
  const moved = socket.bytesWritten / 2 ** 20;
  socket.destroy();
  if (refusal !== "") throw new Error(`the upload was answered early: ${refusal}`);
  await sleep(500);
  return { grown, moved };
}

async function growth(pid: number, seconds: number, step: () => void): Promise<number> {
  const base = residentKib(pid);
  let peak = base;
  let steps = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(PAUSE)) {
    step();
    if (steps++ % 4 === 0) peak = Math.max(peak, residentKib(pid));
  }
  return (peak - base) / 1024;
}
