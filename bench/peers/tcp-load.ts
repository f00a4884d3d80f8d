import net from "node:net";
import { once } from "node:events";
import { Program } from "../../test/lib/process.ts";

const CHUNK = Buffer.alloc(64 * 1024, 7);

/** A server that drops what comes, and says how much it was when the client ends. */
export function runTcpSink(port: number): void {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0;
    socket.on("data", (chunk) => (bytes += chunk.length));
    socket.on("end", () => socket.end(String(bytes)));
    socket.on("error", () => undefined);
  });
  server.listen(port, "127.0.0.1");
}

/** `sendBytes` as a process of its own, on the load's core. */
export async function sendBytesProcess(port: number, total: number): Promise<void> {
  const program = new Program("taskset", [
    "-c",
    "1",
    process.execPath,
    process.argv[1],
    "--role",
    "tcp-send",
    String(port),
    String(total),
  ]);
  const code = await program.exited;
  if (code !== 0) throw new Error(`sending ${total} bytes ended with ${code}: ${program.log.slice(-1_000)}`);
}

/** Sends bytes in chunks of 64 KiB over one connection, as fast as they are taken; rejects unless all of them came. */
export async function sendBytes(port: number, total: number): Promise<void> {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  for (let sent = 0; sent < total; sent += CHUNK.length) {
    if (!socket.write(CHUNK)) await once(socket, "drain");
  }
  socket.end();
  await once(socket, "end");
  socket.destroy();
  if (Number(answer) !== total) throw new Error(`sent ${total} bytes, ${answer} came`);
}
