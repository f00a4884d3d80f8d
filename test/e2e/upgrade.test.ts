import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { mesh } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

const MIB = 1 << 20;

describeRuntimes("upgrades", (runtime) => {
  let server: Server;
  let sockets: WebSocketServer;
  let raw: Origin;
  let gateway: Gateway;
  /** Close codes that the server saw. */
  const closes: number[] = [];

  beforeAll(async () => {
    server = createServer((_request, response) => response.end("plain"));
    sockets = new WebSocketServer({ server, maxPayload: 8 * MIB });
    sockets.on("connection", (socket) => {
      socket.on("message", (data, binary) => {
        if (String(data).startsWith("close ")) socket.close(Number(String(data).slice(6)), "as asked");
        else socket.send(data as Buffer, { binary });
      });
      socket.on("close", (code) => closes.push(code));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    // Answers an upgrade or CONNECT, then echoes bytes in upper case until the client half-closes; then says "bye" and ends.
    raw = await startOrigin(async (exchange) => {
      if (exchange.target === "/no") return exchange.respond({ status: 403, body: "no upgrade" });
      if (exchange.method === "CONNECT") await exchange.send("HTTP/1.1 200 OK\r\n\r\n");
      else if (exchange.header("upgrade") === undefined) return exchange.echo();
      else await exchange.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: custom\r\n\r\n");
      for (let part = await exchange.queue.read(65_536); part !== null; part = await exchange.queue.read(65_536)) {
        await exchange.send(part.toString("latin1").toUpperCase());
      }
      await exchange.send("bye");
      exchange.socket.end();
    });
    const web = (server.address() as AddressInfo).port;
    gateway = await runtime.start(
      mesh()
        .service("web", web)
        .service("raw", raw.port)
        .hcm({ upgrade_configs: [{ upgrade_type: "websocket" }, { upgrade_type: "custom" }] })
        .route("/raw", "raw")
        .route("/no", "raw")
        .route("/off", "web", { upgrade_configs: [{ upgrade_type: "websocket", enabled: false }] })
        .route("/idle", "raw", { idle_timeout: "0.3s" })
        .route("/", "web")
        .listener("none")
        .route("/on", "web", { upgrade_configs: [{ upgrade_type: "websocket" }] })
        .route("/", "web")
        .listener("connect")
        .hcm({ upgrade_configs: [{ upgrade_type: "CONNECT" }] })
        .route({
          match: { connect_matcher: {} },
          route: { cluster: "raw", upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }] },
        })
        .route("/", "web")
        .listener("forward")
        .hcm({ upgrade_configs: [{ upgrade_type: "CONNECT" }] })
        .route({ match: { connect_matcher: {} }, route: { cluster: "raw" } }),
    );
  });
  afterAll(async () => {
    await runtime.stopAll();
    sockets.close();
    server.closeAllConnections();
    server.close();
    await raw.close();
  });

  const open = async (port = gateway.port, path = "/"): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { maxPayload: 8 * MIB });
    await once(socket, "open");
    return socket;
  };
  const message = async (socket: WebSocket): Promise<Buffer> => ((await once(socket, "message")) as [Buffer])[0];

  describe("WebSocket", () => {
    it("passes text and binary messages both ways", async () => {
      const socket = await open();
      socket.send("hello");
      expect(String(await message(socket))).toBe("hello");
      socket.send(Buffer.from([0, 1, 255]));
      expect(await message(socket)).toEqual(Buffer.from([0, 1, 255]));
      socket.terminate();
    });

    it("passes messages of 1 MiB", async () => {
      const socket = await open();
      const data = Buffer.alloc(MIB, "0123456789abcdef");
      for (let i = 0; i < 8; i++) {
        data[0] = i;
        socket.send(data);
        expect((await message(socket)).equals(data)).toBe(true);
      }
      socket.terminate();
    });

    it("passes many messages in flight, in order", async () => {
      const socket = await open();
      const got: string[] = [];
      socket.on("message", (data) => got.push(String(data as Buffer)));
      for (let i = 0; i < 1_000; i++) socket.send(`message ${i}`);
      await until(() => got.length === 1_000, "all echoes");
      expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => `message ${i}`));
      socket.terminate();
    });

    it("passes pings and pongs", async () => {
      const socket = await open();
      socket.ping("are you there");
      const [data] = (await once(socket, "pong")) as [Buffer];
      expect(String(data)).toBe("are you there");
      const [server_] = [...sockets.clients].slice(-1);
      server_.ping("and you");
      const [asked] = (await once(socket, "ping")) as [Buffer];
      expect(String(asked)).toBe("and you");
      await once(server_, "pong");
      socket.terminate();
    });

    for (const code of [1000, 1001, 1008, 1011, 3000, 4999]) {
      it(`passes close code ${code} from the server`, async () => {
        const socket = await open();
        socket.send(`close ${code}`);
        const [got, reason] = (await once(socket, "close")) as [number, Buffer];
        expect(got).toBe(code);
        expect(String(reason)).toBe("as asked");
      });
    }

    it("passes the client's close code, and ends both sides", async () => {
      const socket = await open();
      socket.close(4001, "mine");
      expect(((await once(socket, "close")) as [number])[0]).toBe(4001);
      await until(() => closes.includes(4001), "the server sees 4001");
    });

    it("tells the server when the client is gone", async () => {
      const socket = await open();
      const before = closes.filter((code) => code === 1006).length;
      socket.terminate();
      await until(() => closes.filter((code) => code === 1006).length > before, "the server sees 1006");
    });

    it("is refused with 403 where no configuration allows it", async () => {
      const upgrade: [string, string][] = [
        ["Connection", "Upgrade"],
        ["Upgrade", "websocket"],
        ["Sec-WebSocket-Version", "13"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ];
      expect((await fetchRaw(gateway.ports["none"], "/", { headers: upgrade })).status).toBe(403);
      expect((await fetchRaw(gateway.port, "/off", { headers: upgrade })).status).toBe(403);
      expect((await fetchRaw(gateway.port, "/", { headers: [upgrade[0], ["Upgrade", "other"]] })).status).toBe(403);
      const socket = await open(gateway.ports["none"], "/on");
      socket.terminate();
    });
  });

  describe("any other protocol", () => {
    const upgrade = (target: string): string =>
      request(target, {
        headers: [
          ["Connection", "Upgrade"],
          ["Upgrade", "custom"],
        ],
      });

    it("passes bytes both ways, those behind the head included", async () => {
      const client = await rawConnect(gateway.port);
      await client.send(`${upgrade("/raw")}early `);
      const head = await client.head();
      expect(head?.startLine).toMatch(/^HTTP\/1.1 101 /);
      expect(head?.headers.find(([name]) => name.toLowerCase() === "upgrade")?.[1]).toBe("custom");
      await client.send("late");
      expect(String(await client.queue.readExactly(10))).toBe("EARLY LATE");
      client.destroy();
    });

    // Envoy takes the client's half-close for the end of both directions.
    it.skipIf(runtime.isEnvoy)("passes a half-close on, and what comes after it", async () => {
      const client = await rawConnect(gateway.port);
      await client.send(upgrade("/raw"));
      await client.head();
      await client.send("hello");
      client.end();
      expect(String(await client.queue.readExactly(8))).toBe("HELLObye");
      expect(await client.closedWithin(3_000)).toBe(true);
      client.destroy();
    });

    it("hands on a refusal of the upstream, and the connection is right afterwards", async () => {
      const client = await rawConnect(gateway.port);
      const response = await client.ask(upgrade("/no"));
      expect(response.status).toBe(403);
      expect(response.text()).toBe("no upgrade");
      client.destroy();
    });

    it("ends an idle tunnel by its timeout", async () => {
      const client = await rawConnect(gateway.port);
      await client.send(upgrade("/idle"));
      expect((await client.head())?.startLine).toMatch(/^HTTP\/1.1 101 /);
      expect(await client.closedWithin(5_000)).toBe(true);
      client.destroy();
    });
  });

  describe("CONNECT", () => {
    const CONNECT = "CONNECT target.local:443 HTTP/1.1\r\nHost: target.local:443\r\n\r\n";

    it("opens no tunnel where no route allows it", async () => {
      for (const listener of ["main", "none"]) {
        const client = await rawConnect(gateway.ports[listener]);
        const response = await client.ask(CONNECT, { method: "CONNECT" });
        expect([403, 404]).toContain(response.status);
        client.destroy();
      }
    });

    it("is terminated where connect_config says so: payload goes to the upstream as it is", async () => {
      const plain = await startOrigin(async (exchange) => exchange.respond({ body: `got ${exchange.target}` }));
      const other = await runtime.start(
        mesh()
          .service("web", plain.port)
          .hcm({ upgrade_configs: [{ upgrade_type: "CONNECT" }] })
          .route({
            match: { connect_matcher: {} },
            route: { cluster: "web", upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }] },
          }),
      );
      const client = await rawConnect(other.port);
      await client.send(CONNECT);
      expect((await client.head())?.startLine).toMatch(/^HTTP\/1.1 200 /);
      expect((await client.ask(request("/inside"))).text()).toBe("got /inside");
      client.destroy();
      await other.stop();
      await plain.close();
    });

    it("is sent on where there is no connect_config", async () => {
      const client = await rawConnect(gateway.ports["forward"]);
      await client.send(CONNECT);
      expect((await client.head())?.startLine).toMatch(/^HTTP\/1.1 200 /);
      await client.send("hello");
      expect(String(await client.queue.readExactly(5))).toBe("HELLO");
      client.destroy();
    });

    it("leaves other requests of the listener alone", async () => {
      expect((await fetchRaw(gateway.ports["connect"], "/")).text()).toBe("plain");
    });
  });
});
