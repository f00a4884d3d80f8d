import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canHoldSockets, holdSocket } from "./held-socket.ts";

const folder = mkdtempSync(join(tmpdir(), "isthmus-held-"));
const CHILD = join(folder, "child.mjs");
writeFileSync(
  CHILD,
  `import net from "node:net";
process.on("message", (_, handle) => net.createServer((socket) => socket.end(String(process.pid))).listen(handle, () => process.send("up")));`,
);

afterAll(() => rmSync(folder, { recursive: true }));

function answer(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("data", (data) => resolve(data.toString()));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed")));
  });
}

describe.skipIf(!canHoldSockets)("a held socket", () => {
  it("serves by the processes that it is sent to, and keeps connections waiting while there is none", async () => {
    const held = holdSocket("127.0.0.1", 0);
    const first = fork(CHILD);
    first.send("listen", held.handle);
    await once(first, "message");
    expect(await answer(held.port)).toBe(String(first.pid));
    first.kill("SIGKILL");
    await once(first, "exit");
    const waiting = answer(held.port);
    const second = fork(CHILD);
    second.send("listen", held.handle);
    expect(await waiting).toBe(String(second.pid));
    second.kill("SIGKILL");
    held.close();
  });

  it("says at once that an address is in use, with code, address and port", async () => {
    const other = net.createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as net.AddressInfo;
    let error: unknown;
    try {
      holdSocket("127.0.0.1", port).close();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "EADDRINUSE", address: "127.0.0.1", port });
    other.close();
  });

  it("takes IPv6 alone where it is told to", () => {
    const six = holdSocket("::", 0, true);
    const four = holdSocket("0.0.0.0", six.port);
    expect(four.port).toBe(six.port);
    six.close();
    four.close();
  });
});
