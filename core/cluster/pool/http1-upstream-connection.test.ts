import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { UpstreamStream } from "../../contract/cluster.ts";
import { ClusterFixture, settle } from "../testing/cluster-fixture.ts";
import type { FakeConnection } from "../testing/fake-connection.ts";
import { RecordingRequest, requestHeaders } from "../testing/recording-request.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

interface Exchange {
  readonly fixture: ClusterFixture;
  readonly connection: FakeConnection;
  readonly request: RecordingRequest;
  readonly stream: UpstreamStream;
  /** What the request heard since the last time this was asked, "ready" left out. */
  heard(): string[];
  /** Whether the next request uses the same connection. */
  reused(): boolean;
}

/** A request on an established connection. `send` sends it. */
async function exchange(send: (stream: UpstreamStream) => void, yaml = ""): Promise<Exchange> {
  const fixture = new ClusterFixture();
  const cluster = await fixture.static(yaml);
  const request = new RecordingRequest(send);
  cluster.hosts[0].newStream(request, "DEFAULT");
  const [connection] = fixture.connections;
  connection.establish();
  let told = 1;
  return {
    fixture,
    connection,
    request,
    stream: request.stream!,
    heard: () => request.events.slice(told, (told = request.events.length)),
    reused: () => {
      const next = new RecordingRequest();
      cluster.hosts[0].newStream(next, "DEFAULT");
      return next.stream !== null && fixture.connections.length === 1;
    },
  };
}

const get = (stream: UpstreamStream): void => stream.sendHeaders(requestHeaders(), true, "");

describe("the request", () => {
  it("is one write when it has no body", async () => {
    const { connection } = await exchange((stream) =>
      stream.sendHeaders(requestHeaders("GET", "/a?b=c", "x-a", "1", "te", "trailers"), true, ""),
    );
    expect(connection.writes).toEqual(["GET /a?b=c HTTP/1.1\r\nhost: example.com\r\nx-a: 1\r\nte: trailers\r\n\r\n"]);
  });

  it.each([
    ["GET", ""],
    ["HEAD", ""],
    ["DELETE", ""],
    ["POST", "content-length: 0\r\n"],
    ["PUT", "content-length: 0\r\n"],
    ["PURGE", "content-length: 0\r\n"],
  ])("%s without a body says %j", async (method, line) => {
    const { connection } = await exchange((stream) => stream.sendHeaders(requestHeaders(method), true, ""));
    expect(connection.written).toBe(`${method} / HTTP/1.1\r\nhost: example.com\r\n${line}\r\n`);
  });

  it("is one write with a body that comes at once", async () => {
    const { connection } = await exchange((stream) => {
      stream.sendHeaders(requestHeaders("POST", "/", "content-length", "3"), false, "");
      stream.sendBody(bytes("abc"), true);
    });
    expect(connection.writes).toEqual(["POST / HTTP/1.1\r\nhost: example.com\r\ncontent-length: 3\r\n\r\nabc"]);
  });

  it("is one write with a chunked body that comes at once", async () => {
    const { connection } = await exchange((stream) => {
      stream.sendHeaders(requestHeaders("POST"), false, "");
      stream.sendBody(bytes("hello, world"), true);
    });
    expect(connection.writes).toEqual([
      "POST / HTTP/1.1\r\nhost: example.com\r\ntransfer-encoding: chunked\r\n\r\nc\r\nhello, world\r\n0\r\n\r\n",
    ]);
  });

  it("sends the head at the end of the turn when the body is late", async () => {
    let atOnce = -1;
    const { connection, stream } = await exchange((s) => {
      s.sendHeaders(requestHeaders("POST"), false, "");
      atOnce = (s as unknown as { connection: FakeConnection }).connection.writes.length;
    });
    expect(atOnce).toBe(0);
    await settle();
    expect(connection.writes).toEqual(["POST / HTTP/1.1\r\nhost: example.com\r\ntransfer-encoding: chunked\r\n\r\n"]);
    stream.sendBody(bytes("a"), false);
    stream.sendBody(bytes(""), false);
    stream.sendBody(bytes("b"), false);
    stream.sendBody(bytes(""), true);
    await settle();
    expect(connection.writes.slice(1)).toEqual(["1\r\na\r\n", "1\r\nb\r\n", "0\r\n\r\n"]);
  });

  it("does not copy large chunks, and ends them with the next write", async () => {
    const { connection, stream } = await exchange((s) => s.sendHeaders(requestHeaders("POST"), false, ""));
    const large = "x".repeat(20_000);
    stream.sendBody(bytes(large), false);
    stream.sendBody(bytes(large), false);
    await settle();
    stream.sendBody(bytes(large), true);
    const frame = `4e20\r\n${large}\r\n`;
    expect(connection.written.slice(connection.written.indexOf("\r\n\r\n") + 4)).toBe(frame.repeat(3) + "0\r\n\r\n");
    // The head; two chunks, the second with the end of the first; that one's end; the last chunk and all that ends it.
    expect(connection.writes.length).toBe(6);
  });

  it.each([
    ["dropped by default", "", "0\r\n\r\n"],
    ["sent where they are enabled", "http_protocol_options: { enable_trailers: true }", "0\r\nx-sum: 1\r\n\r\n"],
  ])("has its trailers %s", async (_name, yaml, wanted) => {
    const { connection } = await exchange((stream) => {
      stream.sendHeaders(requestHeaders("POST"), false, "");
      stream.sendBody(bytes("a"), false);
      const trailers = requestHeaders("", "", "x-sum", "1");
      stream.sendTrailers(trailers);
    }, yaml);
    expect(connection.written.endsWith("1\r\na\r\n" + wanted)).toBe(true);
  });

  it("drops trailers behind a body of known length", async () => {
    const { connection, reused, request } = await exchange((stream) => {
      stream.sendHeaders(requestHeaders("POST", "/", "content-length", "1"), false, "");
      stream.sendBody(bytes("a"), false);
      stream.sendTrailers(requestHeaders("", "", "x-sum", "1"));
    }, "http_protocol_options: { enable_trailers: true }");
    expect(connection.written.endsWith("\r\n\r\na")).toBe(true);
    connection.receive(OK);
    expect(request.body).toBe("hi");
    expect(reused()).toBe(true);
  });

  it("is framed once, whatever the filters left in the headers", async () => {
    const { connection } = await exchange((stream) => {
      const list = [
        "transfer-encoding",
        "chunked",
        "content-length",
        "3",
        "content-length",
        "4",
        "connection",
        "x",
        "keep-alive",
        "1",
      ];
      stream.sendHeaders(requestHeaders("POST", "/", ...list, "proxy-connection", "y", "upgrade", "z"), false, "");
      stream.sendBody(bytes("abc"), true);
    });
    expect(connection.writes).toEqual(["POST / HTTP/1.1\r\nhost: example.com\r\ncontent-length: 3\r\n\r\nabc"]);
  });

  it.each(["", "-1", "1e3", "0x5", "99999999999999999999"])("is chunked when its content-length is %j", async (length) => {
    const { connection } = await exchange((stream) => {
      stream.sendHeaders(requestHeaders("POST", "/", "content-length", length), false, "");
      stream.sendBody(bytes("abc"), true);
    });
    expect(connection.written).toContain("\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  });

  it.each([
    ["longer", "abcd", false],
    ["shorter", "ab", true],
  ])("is given up when its body is %s than it said", async (word, body, end) => {
    const { connection, heard } = await exchange((stream) => {
      stream.sendHeaders(requestHeaders("POST", "/", "content-length", "3"), false, "");
      stream.sendBody(bytes(body), end);
    });
    expect(connection.state).toBe("closed");
    await settle();
    expect(connection.written).not.toContain(body);
    expect(heard()).toEqual([`reset local_reset request body is ${word} than its content-length`]);
  });

  it("has its names in proper case where that is asked for", async () => {
    const { connection } = await exchange((stream) => {
      stream.sendHeaders(
        requestHeaders("POST", "/", "content-type", "a", "x-b3-traceid", "1", "x_a-b.c", "2", "content-length", "1"),
        false,
        "",
      );
      stream.sendBody(bytes("a"), true);
    }, "http_protocol_options: { header_key_format: { proper_case_words: {} } }");
    expect(connection.written).toBe(
      "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Type: a\r\nX-B3-Traceid: 1\r\nX_A-B.C: 2\r\nContent-Length: 1\r\n\r\na",
    );
  });

  it("has a whole URL where that is asked for", async () => {
    const { connection } = await exchange(
      (stream) => stream.sendHeaders(requestHeaders("GET", "/a"), true, ""),
      "http_protocol_options: { send_fully_qualified_url: true }",
    );
    expect(connection.written).toMatch(/^GET http:\/\/example.com\/a HTTP/);
  });
});

describe("the response", () => {
  it.each([
    ["by length, in one piece", [OK], ["headers 200", "body hi end", "read"]],
    [
      "by length, in pieces",
      ["HTTP/1.1 200 OK\r\n", "content-length: 4\r\n\r\n", "ab", "cd"],
      ["read", "headers 200", "read", "body ab", "read", "body cd end", "read"],
    ],
    ["without a body", ["HTTP/1.1 204 No Content\r\n\r\n"], ["headers 204 end", "read"]],
    ["of length 0", ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"], ["headers 200 end", "read"]],
    [
      "in chunks, in one piece",
      ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"],
      ["headers 200", "body ab", "body c end", "read"],
    ],
    [
      "in chunks, whose end is late",
      ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", "0\r\n\r\n"],
      ["headers 200", "body ab", "read", "body end", "read"],
    ],
    [
      "after 1xx",
      ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n", OK],
      ["informational 100", "informational 103", "read", "headers 200", "body hi end", "read"],
    ],
  ])("%s", async (_name, pieces, wanted) => {
    const { connection, heard, reused, fixture } = await exchange(get);
    for (const piece of pieces) connection.receive(piece);
    expect(heard()).toEqual(wanted);
    expect(reused()).toBe(true);
    expect(fixture.stat("upstream_cx_protocol_error")).toBe(0);
  });

  it("to HEAD has no body, whatever its length", async () => {
    const { connection, heard, request, reused } = await exchange((s) => s.sendHeaders(requestHeaders("HEAD"), true, ""));
    connection.receive("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
    expect(heard()).toEqual(["headers 200 end", "read"]);
    expect(request.headers!.get("content-length")).toBe("100");
    expect(reused()).toBe(true);
  });

  it.each([
    ["dropped by default", "", ["headers 200", "body ab end", "read"]],
    [
      "told where they are enabled",
      "http_protocol_options: { enable_trailers: true }",
      ["headers 200", "body ab", "trailers x-sum 1", "read"],
    ],
  ])("has its trailers %s", async (_name, yaml, wanted) => {
    const { connection, heard, reused } = await exchange(get, yaml);
    connection.receive("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-sum: 1\r\n\r\n");
    expect(heard()).toEqual(wanted);
    expect(reused()).toBe(true);
  });

  it("that ends with the connection is whole at the peer's FIN", async () => {
    const { connection, heard, fixture } = await exchange(get);
    connection.receive("HTTP/1.1 200 OK\r\n\r\nab");
    connection.receive("cd");
    connection.receiveEnd();
    expect(heard()).toEqual(["headers 200", "body ab", "read", "body cd", "read", "body end", "read"]);
    expect(connection.state).toBe("closed");
    expect(fixture.stat("upstream_cx_destroy_remote")).toBe(1);
    expect(fixture.stat("upstream_cx_destroy_with_active_rq")).toBe(0);
  });

  it("that ends with the connection is broken when that is reset", async () => {
    const { connection, heard } = await exchange(get);
    connection.receive("HTTP/1.1 200 OK\r\n\r\nab");
    connection.lose("ECONNRESET");
    expect(heard()).toEqual(["headers 200", "body ab", "read", "reset connection_termination"]);
  });

  it.each([
    ["connection: close", "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi"],
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi"],
  ])("with %s ends the connection", async (_name, text) => {
    const { connection, request, fixture } = await exchange(get);
    connection.receive(text);
    expect(request.body).toBe("hi");
    expect(connection.state).toBe("closed");
    expect(fixture.stat("upstream_cx_close_notify")).toBe(1);
    expect(fixture.stat("upstream_cx_destroy_with_active_rq")).toBe(0);
  });

  it("in HTTP/1.0 with keep-alive does not", async () => {
    const { connection, reused } = await exchange(get);
    connection.receive("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nhi");
    expect(reused()).toBe(true);
  });

  it("counts for the host", async () => {
    for (const [status, stats] of [
      [200, [1, 0]],
      [404, [1, 0]],
      [500, [0, 1]],
    ] as const) {
      const { connection, fixture, request } = await exchange(get);
      const { stats: host } = (request.stream as unknown as { host: { stats: { rq_success: number; rq_error: number } } }).host;
      connection.receive(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`);
      expect([host.rq_success, host.rq_error]).toEqual(stats);
      expect(fixture.stat("upstream_rq_active")).toBe(0);
    }
  });

  it("gives body chunks as they were read", async () => {
    const { connection, request } = await exchange(get);
    const chunks: Uint8Array[] = [];
    request.onResponseBody = (chunk) => chunks.push(chunk);
    connection.receive("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n");
    const piece = bytes("abc");
    connection.handler.onData(piece);
    expect(chunks[0].buffer).toBe(piece.buffer);
    expect(chunks[0].byteOffset).toBe(piece.byteOffset);
  });

  it("before the request is finished is passed on, then the connection is closed", async () => {
    const { connection, heard, stream, fixture } = await exchange((s) => s.sendHeaders(requestHeaders("POST"), false, ""));
    await settle();
    connection.receive("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\n");
    stream.sendBody(bytes("more"), false);
    connection.receive("no");
    expect(heard()).toEqual(["headers 413", "read", "body no end", "read"]);
    expect(connection.state).toBe("closed");
    const before = connection.written;
    stream.sendBody(bytes("late"), true);
    stream.reset();
    stream.pause();
    expect(connection.written).toBe(before);
    expect(fixture.stat("upstream_rq_active")).toBe(0);
    expect(fixture.stat("upstream_cx_destroy_local_with_active_rq")).toBe(1);
  });
});

describe("what can't be trusted", () => {
  it.each([
    ["no HTTP", "JUNK\r\n\r\n", "http1.invalid_status_line"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "http1."],
    ["a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "http1."],
    ["a 101 that nobody asked for", "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", "http1.unexpected_upgrade"],
    ["a status above 599", "HTTP/1.1 600 X\r\ncontent-length: 0\r\n\r\n", "http1.invalid_status"],
  ])("%s is a protocol error", async (_name, text, code) => {
    const { connection, heard, fixture } = await exchange(get);
    connection.receive(text);
    const events = heard();
    expect(events).toHaveLength(1);
    expect(events[0].startsWith(`reset protocol_error ${code}`)).toBe(true);
    expect(connection.state).toBe("closed");
    await settle();
    expect(heard()).toEqual([]);
    expect(fixture.stat("upstream_cx_protocol_error")).toBe(1);
    expect(fixture.stat("upstream_cx_destroy_local_with_active_rq")).toBe(1);
    expect(fixture.stat("upstream_rq_active")).toBe(0);
  });

  it("a head that is too large, or has too many fields, is a protocol error", async () => {
    const fields = Array.from({ length: 60 }, (_, i) => `x-${i}: ${"v".repeat(30)}\r\n`).join("");
    for (const [yaml, code] of [
      ["common_http_protocol_options: { max_response_headers_kb: 1 }", "http1.headers_too_large"],
      ["common_http_protocol_options: { max_headers_count: 50 }", "http1.too_many_headers"],
    ]) {
      const { connection, heard } = await exchange(get, yaml);
      connection.receive(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
      expect(heard()[0]).toContain(`reset protocol_error ${code}`);
    }
  });

  it("bytes behind a response end the connection, not the response", async () => {
    const { connection, heard, fixture, reused } = await exchange(get);
    connection.receive(OK + "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
    expect(heard()).toEqual(["headers 200", "body hi end", "read"]);
    expect(connection.state).toBe("closed");
    expect(fixture.stat("upstream_cx_protocol_error")).toBe(1);
    expect(reused()).toBe(false);
  });

  it("bytes on an idle connection end it", async () => {
    const { connection, fixture, reused, heard } = await exchange(get);
    connection.receive(OK);
    heard();
    connection.receive(OK);
    expect(heard()).toEqual([]);
    expect(connection.state).toBe("closed");
    expect(fixture.stat("upstream_cx_protocol_error")).toBe(1);
    expect(reused()).toBe(false);
  });

  it("a 408 on an idle connection is no mistake", async () => {
    const { connection, fixture } = await exchange(get);
    connection.receive(OK);
    connection.receive("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n");
    expect(connection.state).toBe("closed");
    expect(fixture.stat("upstream_cx_protocol_error")).toBe(0);
  });

  it("bytes before the request was sent are a protocol error", async () => {
    const { connection, heard } = await exchange(() => {});
    connection.receive(OK);
    expect(heard()[0]).toContain("reset protocol_error http1.unsolicited");
  });
});

describe("a connection that ends", () => {
  it.each([
    ["FIN before any byte", "", "end", "reset connection_termination"],
    ["FIN after a 1xx", "HTTP/1.1 100 Continue\r\n\r\n", "end", "reset connection_termination"],
    ["FIN in the head", "HTTP/1.1 200 OK\r\ncont", "end", "reset protocol_error http1."],
    ["FIN in the body", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", "end", "reset protocol_error http1."],
    [
      "FIN in a chunked body",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
      "end",
      "reset protocol_error http1.",
    ],
    ["RST before any byte", "", "reset", "reset connection_termination"],
    ["RST in the body", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", "reset", "reset connection_termination"],
  ])("with %s resets the stream once", async (_name, text, how, wanted) => {
    const { connection, heard, fixture } = await exchange(get);
    if (text !== "") connection.receive(text);
    heard();
    if (how === "end") connection.receiveEnd();
    else connection.lose("ECONNRESET");
    const events = heard();
    expect(events).toHaveLength(1);
    expect(events[0].startsWith(wanted)).toBe(true);
    expect(connection.state).toBe("closed");
    await settle();
    expect(heard()).toEqual([]);
    expect(fixture.stat("upstream_rq_active")).toBe(0);
    expect(fixture.stat("upstream_cx_active")).toBe(0);
    expect(fixture.stat("upstream_cx_destroy_with_active_rq")).toBe(1);
  });
});

describe("reset", () => {
  it("closes the connection; nothing more is told", async () => {
    const { connection, heard, stream, fixture } = await exchange(get);
    connection.receive("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab");
    heard();
    stream.reset();
    stream.reset();
    expect(connection.state).toBe("closed");
    connection.handler.onData(bytes("cde"));
    await settle();
    expect(heard()).toEqual([]);
    expect(fixture.stat("upstream_rq_active")).toBe(0);
    expect(fixture.stat("upstream_cx_destroy_local_with_active_rq")).toBe(1);
  });

  it.each(["onResponseHeaders", "onResponseBody", "onInformational"] as const)("may come from within %s", async (event) => {
    const { connection, request, heard, fixture } = await exchange(get);
    request[event] = () => {
      request.events.push(event);
      request.stream!.reset();
    };
    connection.receive(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n",
    );
    expect(heard().filter((name) => name === event)).toHaveLength(1);
    expect(request.events[request.events.length - 1]).toBe(event);
    expect(fixture.stat("upstream_rq_active")).toBe(0);
    expect(connection.state).toBe("closed");
  });

  it("of a stream that waits for its own head writes nothing", async () => {
    const { connection } = await exchange((stream) => {
      stream.sendHeaders(requestHeaders("POST"), false, "");
      stream.reset();
    });
    await settle();
    expect(connection.writes).toEqual([]);
  });
});

describe("flow control", () => {
  it("tells when the upstream takes no more, and when it does again", async () => {
    const { connection, stream, heard, fixture } = await exchange(
      (s) => s.sendHeaders(requestHeaders("POST"), false, ""),
      "per_connection_buffer_limit_bytes: 10000",
    );
    connection.taking = false;
    stream.sendBody(Buffer.alloc(9000), false);
    expect(heard()).toEqual([]);
    stream.sendBody(Buffer.alloc(9000), false);
    stream.sendBody(Buffer.alloc(9000), false);
    expect(heard()).toEqual(["high"]);
    connection.drain();
    expect(heard()).toEqual(["low"]);
    expect(fixture.stat("upstream_flow_control_backed_up_total")).toBe(1);
    expect(fixture.stat("upstream_flow_control_drained_total")).toBe(1);
  });

  it("stops and resumes reading", async () => {
    const { connection, stream, fixture } = await exchange(get);
    stream.pause();
    stream.pause();
    expect(connection.paused).toBe(true);
    stream.resume();
    stream.resume();
    expect(connection.paused).toBe(false);
    expect(fixture.stat("upstream_flow_control_paused_reading_total")).toBe(1);
    expect(fixture.stat("upstream_flow_control_resumed_reading_total")).toBe(1);
  });

  it("leaves no connection paused, and none with unsent bytes, in the pool", async () => {
    const paused = await exchange(get);
    paused.stream.pause();
    paused.connection.receive(OK);
    expect(paused.connection.paused).toBe(false);
    expect(paused.reused()).toBe(true);

    const full = await exchange((s) => {
      s.sendHeaders(requestHeaders("POST", "/", "content-length", "2000000"), false, "");
    });
    full.connection.taking = false;
    full.stream.sendBody(Buffer.alloc(2_000_000), true);
    full.connection.receive(OK);
    expect(full.request.body).toBe("hi");
    expect(full.connection.state).toBe("closed");
  });
});

describe("a tunnel", () => {
  const upgrade = (stream: UpstreamStream): void => stream.sendHeaders(requestHeaders("GET", "/ws"), false, "websocket");
  const accepted = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n";

  it("is opened by an upgrade, and passes bytes both ways", async () => {
    const { connection, stream, heard, request } = await exchange(upgrade);
    await settle();
    expect(connection.writes).toEqual([
      "GET /ws HTTP/1.1\r\nhost: example.com\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    ]);
    connection.receive(accepted + "first");
    expect(heard()).toEqual(["headers 101", "body first", "read"]);
    expect(request.headers!.get("upgrade")).toBe("websocket");
    stream.sendBody(bytes("to"), false);
    connection.receive("HTTP/1.1 200 OK\r\n\r\n");
    expect(heard()).toEqual(["body HTTP/1.1 200 OK\r\n\r\n", "read"]);
    expect(connection.writes[1]).toBe("to");
  });

  it("is opened by a 2xx to CONNECT", async () => {
    const { connection, stream, heard } = await exchange((s) => s.sendHeaders(requestHeaders("CONNECT", ""), false, "connect"));
    stream.sendBody(bytes("early"), false);
    expect(connection.written).toBe("CONNECT example.com HTTP/1.1\r\nhost: example.com\r\n\r\nearly");
    connection.receive("HTTP/1.1 200 OK\r\n\r\nab");
    expect(heard()).toEqual(["headers 200", "body ab", "read"]);
  });

  it("ends one way after the other", async () => {
    const { connection, stream, heard, fixture } = await exchange(upgrade);
    connection.receive(accepted);
    heard();
    connection.receiveEnd();
    expect(heard()).toEqual(["body end", "read"]);
    stream.sendBody(bytes("bye"), false);
    expect(connection.written.endsWith("bye")).toBe(true);
    stream.sendBody(bytes(""), true);
    expect(connection.ended).toBe(true);
    expect(connection.state).toBe("open");
    connection.destroy();
    await settle();
    expect(heard()).toEqual([]);
    expect(fixture.stat("upstream_rq_active")).toBe(0);
    expect(fixture.stat("upstream_cx_destroy_with_active_rq")).toBe(0);
  });

  it("goes on when our side ends first", async () => {
    const { connection, stream, heard } = await exchange(upgrade);
    connection.receive(accepted);
    stream.sendBody(bytes("bye"), true);
    expect(connection.ended).toBe(true);
    heard();
    connection.receive("more");
    connection.receiveEnd();
    expect(heard()).toEqual(["body more", "read", "body end", "read"]);
  });

  it("that breaks is reset", async () => {
    const { connection, heard } = await exchange(upgrade);
    connection.receive(accepted);
    heard();
    connection.lose("ECONNRESET");
    expect(heard()).toEqual(["reset connection_termination"]);
  });

  it("that is refused is a response like any other, and the connection is closed", async () => {
    const { connection, heard } = await exchange(upgrade);
    connection.receive("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
    expect(heard()).toEqual(["headers 403", "body no end", "read"]);
    expect(connection.state).toBe("closed");
  });
});
