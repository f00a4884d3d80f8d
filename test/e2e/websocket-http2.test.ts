import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { ClientHttp2Stream, ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { mesh, typed } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { constants, Http2Client, Http2Origin } from "../lib/http2.ts";
import { until } from "../lib/process.ts";
import { rawConnect } from "../lib/raw.ts";

const MIB = 1 << 20;
const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** A WebSocket over bytes that have been agreed on elsewhere: `ws` has this for its own use. */
function over(stream: Duplex, role: "client" | "server"): WebSocket {
  const socket = new WebSocket(null as never, undefined, { autoPong: true, closeTimeout: 30_000 } as never) as WebSocket & {
    _isServer: boolean;
    setSocket(socket: Duplex, head: Buffer, options: object): void;
  };
  socket._isServer = role === "server";
  socket.setSocket(stream, Buffer.alloc(0), { maxPayload: 8 * MIB, skipUTF8Validation: false, allowSynchronousEvents: true });
  return socket;
}

/** Client and upstream: those of HTTP/1.1 on both sides are in `upgrade.test.ts`. */
const BRIDGES = [
  ["HTTP/2", "HTTP/1.1"],
  ["HTTP/2", "HTTP/2"],
  ["HTTP/1.1", "HTTP/2"],
] as const;

// RFC 8441, "Bootstrapping WebSockets with HTTP/2".
describeRuntimes("WebSocket over HTTP/2", (runtime) => {
  let server1: Server;
  let sockets1: WebSocketServer;
  let origin2: Http2Origin;
  let without: Http2Origin;
  let gateway: Gateway;
  let client: Http2Client;
  /** What the upstreams saw: close codes, and requests' heads. */
  const closes: number[] = [];
  const heads: Record<string, string>[] = [];
  const cut: string[] = [];

  const serve = (socket: WebSocket): void => {
    socket.on("message", (data, binary) => {
      if (String(data).startsWith("close ")) socket.close(Number(String(data).slice(6)), "as asked");
      else if (String(data) === "die") socket.terminate();
      else socket.send(data as Buffer, { binary });
    });
    socket.on("close", (code) => closes.push(code));
    socket.on("error", () => undefined);
  };
  /** Not a WebSocket: tells what comes until the end, then says so, ends and goes on no more. "end first": ends at once, and tells it later. */
  const bytes = (stream: Duplex): void => {
    let got = "";
    stream.on("error", () => undefined);
    stream.on("data", (part: Buffer) => {
      got += part.toString("latin1");
      if (got === "end first") stream.end("you go on");
      if (got === "much") stream.end(Buffer.alloc(3 * MIB, "x"));
    });
    stream.on("end", () => {
      cut.push(got);
      if (!stream.writableEnded) stream.end(`bye after ${got.length}`);
    });
  };

  beforeAll(async () => {
    server1 = createServer();
    sockets1 = new WebSocketServer({ noServer: true, maxPayload: 8 * MIB });
    server1.on("upgrade", (request, socket: Socket, head) => {
      heads.push(request.headers as Record<string, string>);
      if (request.headers.upgrade === "websocket") return sockets1.handleUpgrade(request, socket, head, serve);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n");
      bytes(socket);
    });
    server1.listen(0, "127.0.0.1");
    await once(server1, "listening");
    origin2 = await Http2Origin.start(
      ({ stream, headers }) => {
        heads.push(headers as Record<string, string>);
        stream.on("error", () => undefined);
        stream.respond({ ":status": 200 });
        if (headers[":protocol"] === "websocket") serve(over(stream as ServerHttp2Stream, "server"));
        else bytes(stream);
      },
      { settings: { enableConnectProtocol: true } },
    );
    without = await Http2Origin.start(({ respond }) => respond({}, "no tunnel"));
    const http2 = {
      typed_extension_protocol_options: {
        [OPTIONS]: typed(OPTIONS, { explicit_http_config: { http2_protocol_options: { allow_connect: true } } }),
      },
    };
    gateway = await runtime.start(
      mesh()
        .service("HTTP/1.1", (server1.address() as AddressInfo).port)
        .service("HTTP/2", origin2.port, http2)
        .service("without", without.port, http2)
        .hcm({
          codec_type: "AUTO",
          http2_protocol_options: { allow_connect: true },
          upgrade_configs: [{ upgrade_type: "websocket" }, { upgrade_type: "bytes" }],
        })
        .route("/HTTP/1.1", "HTTP/1.1", { timeout: "0s" })
        .route("/HTTP/2", "HTTP/2", { timeout: "0s" })
        .route("/without", "without")
        .route("/off", "HTTP/1.1", { upgrade_configs: [{ upgrade_type: "websocket", enabled: false }] }),
    );
    client = new Http2Client(gateway.port);
    await once(client.session, "remoteSettings");
  });
  afterAll(async () => {
    await client?.close();
    await runtime.stopAll();
    server1?.closeAllConnections();
    server1?.close();
    await origin2?.close();
    await without?.close();
  });

  const extended = (path: string, protocol: string): ClientHttp2Stream => {
    const head = { ":method": "CONNECT", ":protocol": protocol, ":path": path, ":scheme": "http", ":authority": "a.example" };
    const version = protocol === "websocket" ? { "sec-websocket-version": "13" } : {};
    return client.open({ ...head, ...version }, false);
  };
  const answered = async (stream: ClientHttp2Stream): Promise<number> =>
    ((await once(stream, "response")) as [{ ":status": number }])[0][":status"];

  const open = async (from: string, path: string): Promise<WebSocket> => {
    if (from === "HTTP/1.1") {
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, { maxPayload: 8 * MIB });
      await once(socket, "open");
      return socket;
    }
    const stream = extended(path, "websocket");
    expect(await answered(stream)).toBe(200);
    const socket = over(stream, "client");
    socket.on("error", () => undefined);
    return socket;
  };
  const message = async (socket: WebSocket): Promise<Buffer> => ((await once(socket, "message")) as [Buffer])[0];

  /** A tunnel of bytes: what comes is gathered, `ended` once the other side has ended. */
  const tunnel = async (from: string, path: string): Promise<{ stream: Duplex; got: () => string; ended: Promise<unknown> }> => {
    let stream: Duplex;
    if (from === "HTTP/2") {
      const opened = extended(path, "bytes");
      expect(await answered(opened)).toBe(200);
      stream = opened;
    } else {
      const raw = await rawConnect(gateway.port);
      await raw.send(`GET ${path} HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: bytes\r\n\r\n`);
      expect((await raw.head())?.startLine).toBe("HTTP/1.1 101 Switching Protocols");
      const { queue, socket } = raw;
      let text = "";
      const ended = (async () => {
        for (let part = await queue.read(65_536); part !== null; part = await queue.read(65_536)) text += part.toString("latin1");
      })();
      return { stream: socket, got: () => text, ended };
    }
    let text = "";
    stream.on("error", () => undefined);
    stream.on("data", (part: Buffer) => (text += part.toString("latin1")));
    return { stream, got: () => text, ended: once(stream, "end") };
  };

  describe.each(BRIDGES)("from a client of %s to an upstream of %s", (from, to) => {
    it("passes text, binary messages and pings both ways", async () => {
      const socket = await open(from, `/${to}/chat`);
      socket.send("hello");
      expect(String(await message(socket))).toBe("hello");
      socket.send(Buffer.from([0, 1, 255]));
      expect(await message(socket)).toEqual(Buffer.from([0, 1, 255]));
      socket.ping("are you there");
      expect(String(((await once(socket, "pong")) as [Buffer])[0])).toBe("are you there");
      socket.terminate();
    });

    it("asks in the upstream's way", async () => {
      heads.length = 0;
      (await open(from, `/${to}/chat`)).terminate();
      const [head] = heads as [Record<string, string>];
      if (to === "HTTP/1.1") {
        expect(head).toMatchObject({ upgrade: "websocket", host: "a.example", "sec-websocket-version": "13" });
        // RFC 6455 section 4.1: 16 octets in base64.
        expect(Buffer.from(head["sec-websocket-key"] as string, "base64")).toHaveLength(16);
        expect(head["connection"]?.toLowerCase()).toBe("upgrade");
      } else {
        expect(head).toMatchObject({ ":method": "CONNECT", ":protocol": "websocket", ":path": `/${to}/chat`, ":scheme": "http" });
        for (const name of ["connection", "upgrade", "sec-websocket-key", "content-length", "transfer-encoding"]) {
          expect(head).not.toHaveProperty(name);
        }
      }
    });

    it("passes messages of 1 MiB", async () => {
      const socket = await open(from, `/${to}/big`);
      const data = Buffer.alloc(MIB, "0123456789abcdef");
      for (let i = 0; i < 8; i++) {
        data[0] = i;
        socket.send(data);
        expect((await message(socket)).equals(data)).toBe(true);
      }
      socket.terminate();
    });

    it("passes many messages in flight, in order", async () => {
      const socket = await open(from, `/${to}/many`);
      const got: string[] = [];
      socket.on("message", (data) => got.push(String(data as Buffer)));
      for (let i = 0; i < 1_000; i++) socket.send(`message ${i}`);
      await until(() => got.length === 1_000, "all echoes");
      expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => `message ${i}`));
      socket.terminate();
    });

    it.each([1000, 1011, 3000, 4999])("passes close code %s from the server", async (code) => {
      const socket = await open(from, `/${to}/close`);
      socket.send(`close ${code}`);
      const [got, reason] = (await once(socket, "close")) as [number, Buffer];
      expect([got, String(reason)]).toEqual([code, "as asked"]);
    });

    it("passes the client's close code, and ends both sides", async () => {
      closes.length = 0;
      const socket = await open(from, `/${to}/close`);
      socket.close(4001, "mine");
      expect(((await once(socket, "close")) as [number])[0]).toBe(4001);
      await until(() => closes.includes(4001), "the server sees 4001");
      await gateway.untilStat("http.main.downstream_cx_upgrades_active", (value) => value === 0);
    });

    it("tells the server when the client is gone without a word", async () => {
      closes.length = 0;
      const socket = await open(from, `/${to}/gone`);
      socket.send("hello");
      await message(socket);
      socket.terminate();
      // RFC 6455 section 7.1.5: 1006 is a connection that was lost.
      await until(() => closes.includes(1006), "the server sees that it is gone");
    });

    it("tells the client when the server is gone without a word", async () => {
      const socket = await open(from, `/${to}/die`);
      socket.send("die");
      expect(((await once(socket, "close")) as [number])[0]).toBe(1006);
    });

    it("passes the client's end on, and what the server says after it", async () => {
      const { stream, got, ended } = await tunnel(from, `/${to}/bytes`);
      stream.write("some ");
      stream.end("bytes");
      await ended;
      expect(got()).toBe("bye after 10");
    });

    it("passes the server's end on, and what the client says after it", async () => {
      cut.length = 0;
      const { stream, got, ended } = await tunnel(from, `/${to}/bytes`);
      stream.write("end first");
      await ended;
      expect(got()).toBe("you go on");
      stream.end(", gladly");
      await until(() => cut.length > 0, "the server to hear the rest");
      expect(cut).toEqual(["end first, gladly"]);
    });
  });

  it.each(BRIDGES)("carries more than any window holds behind an end, from %s to %s", async (from, to) => {
    cut.length = 0;
    const down = await tunnel(from, `/${to}/bytes`);
    down.stream.end("much");
    await down.ended;
    expect(down.got().length).toBe(3 * MIB);
    await until(() => cut.length > 0, "the server to hear the end");
    cut.length = 0;
    const up = await tunnel(from, `/${to}/bytes`);
    up.stream.write("end first");
    await up.ended;
    up.stream.end(Buffer.alloc(3 * MIB, "y"));
    await until(() => cut.length > 0, "the server to hear the rest");
    expect((cut[0] as string).length).toBe(9 + 3 * MIB);
  });

  it("leaves other streams of the connection alone when a tunnel is cut", async () => {
    const kept = await open("HTTP/2", "/HTTP/1.1/kept");
    const lost = extended("/HTTP/1.1/lost", "websocket");
    expect(await answered(lost)).toBe(200);
    lost.close(constants.NGHTTP2_CANCEL);
    await once(lost, "close");
    kept.send("still here");
    expect(String(await message(kept))).toBe("still here");
    kept.terminate();
  });

  it("is refused with 403 where no configuration allows it", async () => {
    expect(await answered(extended("/off", "websocket"))).toBe(403);
    expect(await answered(extended("/HTTP/1.1/x", "other"))).toBe(403);
  });

  it("answers 502 for an upstream that takes no extended CONNECT", async () => {
    expect(await answered(extended("/without", "websocket"))).toBe(502);
  });

  it("leaves nothing behind", async () => {
    await gateway.untilStat("http.main.downstream_cx_upgrades_active", (value) => value === 0);
    for (const cluster of ["HTTP/1.1", "HTTP/2", "without"]) {
      await gateway.untilStat(`cluster.${cluster}.upstream_rq_active`, (value) => value === 0);
    }
  });
});
