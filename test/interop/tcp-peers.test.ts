import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { freePorts } from "../lib/ports.ts";
import { Program, until } from "../lib/process.ts";
import { listenerFilter, TcpClient, tcpProxy, tcpServer } from "../lib/tcp.ts";
import type { TcpServer } from "../lib/tcp.ts";
import { findDebian, skipReason } from "../lib/tools.ts";

const redis = findDebian("redis-server", "redis-server");
const haproxy = findDebian("haproxy", "haproxy");

if (redis.path === undefined) skipped("Redis through the TCP proxy", skipReason(redis));
else {
  describeRuntimes("Redis through the TCP proxy", (runtime) => {
    const folder = mkdtempSync(join(tmpdir(), "isthmus-redis-"));
    let server: Program;
    let gateway: Gateway;

    beforeAll(async () => {
      const [port] = await freePorts(1);
      server = new Program(redis.path as string, ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]);
      await until(
        () => server.log.includes("Ready to accept"),
        "Redis is ready",
        10_000,
        () => server.log,
      );
      const chain = { filter_chains: [{ filters: [tcpProxy({ cluster: "redis" })] }] };
      gateway = await runtime.start(mesh().service("redis", port).listenerFields(chain));
    });
    afterAll(async () => {
      await runtime.stopAll();
      await server.stop();
      rmSync(folder, { recursive: true });
    });

    const cli = (...args: string[]): string[] => ["-p", String(gateway.port), ...args];

    it("takes 100,000 commands of redis-cli --pipe", async () => {
      const child = spawn("redis-cli", cli("--pipe"), { stdio: ["pipe", "pipe", "inherit"] });
      let out = "";
      child.stdout.on("data", (data: Buffer) => (out += data.toString()));
      for (let i = 0; i < 100_000; i += 1000) {
        let text = "";
        for (let k = i; k < i + 1000; k++) text += `SET key:${k} value:${k}\r\n`;
        if (!child.stdin.write(text)) await once(child.stdin, "drain");
      }
      child.stdin.end();
      await once(child, "close");
      expect(out).toContain("errors: 0, replies: 100000");
      expect(execFileSync("redis-cli", cli("GET", "key:99999"), { encoding: "utf8" })).toBe("value:99999\n");
      expect(execFileSync("redis-cli", cli("DBSIZE"), { encoding: "utf8" })).toBe("100000\n");
    });

    it("carries values of megabytes", () => {
      const value = "0123456789abcdef".repeat(1 << 18);
      execFileSync("redis-cli", cli("-x", "SET", "big"), { input: value });
      expect(execFileSync("redis-cli", cli("STRLEN", "big"), { encoding: "utf8" })).toBe(`${value.length}\n`);
      expect(execFileSync("redis-cli", cli("GET", "big"), { encoding: "utf8", maxBuffer: 1 << 24 })).toBe(`${value}\n`);
    });

    it("carries what is published to who has subscribed", async () => {
      const subscriber = new TcpClient(gateway.port).send("SUBSCRIBE news\r\n");
      await subscriber.until("subscribe");
      for (let i = 0; i < 3; i++) execFileSync("redis-cli", cli("PUBLISH", "news", `number ${i}`));
      await subscriber.until("number 2");
      expect(subscriber.text.match(/number \d/g)).toEqual(["number 0", "number 1", "number 2"]);
      subscriber.socket.destroy();
    });
  });
}

if (haproxy.path === undefined) skipped("PROXY protocol of haproxy", skipReason(haproxy));
else {
  describeRuntimes("PROXY protocol of haproxy", (runtime) => {
    const folder = mkdtempSync(join(tmpdir(), "isthmus-haproxy-"));
    const log = join(folder, "access.log");
    let server: TcpServer;
    let gateway: Gateway;
    let proxy: Program;
    let ports: number[];

    beforeAll(async () => {
      server = await tcpServer((socket) => socket.pipe(socket));
      gateway = await runtime.start(
        mesh()
          .service("echo", server.port)
          .listenerFields({
            listener_filters: [listenerFilter("proxy_protocol", "ProxyProtocol")],
            filter_chains: [
              {
                filters: [
                  tcpProxy(
                    { cluster: "echo" },
                    {
                      path: log,
                      format:
                        "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
                    },
                  ),
                ],
              },
            ],
          }),
      );
      ports = await freePorts(2);
      const file = join(folder, "haproxy.cfg");
      const listens = ["send-proxy", "send-proxy-v2"].map(
        (how, i) => `listen l${i}\n bind 127.0.0.1:${ports[i]}\n server s 127.0.0.1:${gateway.port} ${how}\n`,
      );
      const times = " timeout connect 2s\n timeout client 20s\n timeout server 20s\n";
      writeFileSync(file, `global\n maxconn 100\ndefaults\n mode tcp\n${times}${listens.join("")}`);
      proxy = new Program(haproxy.path as string, ["-f", file]);
      await until(
        () => connects(ports[0]),
        "haproxy accepts",
        10_000,
        () => proxy.log,
      );
    });
    afterAll(async () => {
      await runtime.stopAll();
      await proxy.stop();
      await server.stop();
      rmSync(folder, { recursive: true });
    });

    describe.each([
      ["version 1", 0],
      ["version 2", 1],
    ])("%s", (_, index) => {
      it("tells the client's address, and no byte of it reaches the upstream", async () => {
        const client = await new TcpClient(ports[index]).send("hello").until("hello");
        const port = client.socket.localPort;
        client.end();
        expect(await client.untilClosed()).toBe("hello");
        const line = `127.0.0.1:${port} 127.0.0.1:${ports[index]} 127.0.0.1`;
        await until(
          () => readFileSync(log, "latin1").split("\n").includes(line),
          line,
          5_000,
          () => readFileSync(log, "latin1"),
        );
        expect(await gateway.stat(`proxy_proto.versions.v${index + 1}.found`)).toBeGreaterThan(0);
      });
    });

    it("is wanted of everybody: a connection without it is closed", async () => {
      const client = new TcpClient(gateway.port).send("hello, no header\n");
      await client.untilClosed();
      expect(client.text).toBe("");
      expect(await gateway.stat("proxy_proto.not_found_disallowed")).toBe(1);
    });
  });
}

async function connects(port: number): Promise<boolean> {
  const { socket } = new TcpClient(port);
  const connected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
