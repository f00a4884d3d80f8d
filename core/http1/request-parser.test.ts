import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { RequestParser } from "./request-parser.ts";
import {
  DEFAULT_HTTP1_LIMITS,
  DEFAULT_REQUEST_PARSER_OPTIONS,
  type Http1Events,
  type Http1Limits,
  type RequestParserOptions,
} from "./types.ts";

/** Notes what is reported, and does what a test asks for on the way. */
class Log implements Http1Events {
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  onHeadDo: () => void = () => {};
  onBodyDo: () => void = () => {};
  onCompleteDo: () => void = () => {};

  onHead(): void {
    this.events.push("head");
    this.onHeadDo();
  }
  onBody(chunk: Buffer): void {
    this.events.push("body " + chunk.toString("latin1"));
    this.chunks.push(chunk);
    this.onBodyDo();
  }
  onTrailers(list: string[]): void {
    this.events.push("trailers " + list.join("|"));
  }
  onComplete(): void {
    this.events.push("complete");
    this.onCompleteDo();
  }
}

let log: Log;
let parser: RequestParser;

function make(options: Partial<RequestParserOptions> = {}, limits: Partial<Http1Limits> = {}): RequestParser {
  log = new Log();
  parser = new RequestParser(log, { ...DEFAULT_HTTP1_LIMITS, ...limits }, { ...DEFAULT_REQUEST_PARSER_OPTIONS, ...options });
  return parser;
}

function send(text: string): void {
  parser.execute(Buffer.from(text, "latin1"));
}

/** Sends a GET with these field lines behind Host. */
function get(lines: string): RequestParser {
  send(`GET / HTTP/1.1\r\nHost: a.example\r\n${lines}\r\n`);
  expect(parser.error).toBeNull();
  return parser;
}

beforeEach(() => {
  make();
});

describe("the head of a request", () => {
  it("gives method, target, host and fields", () => {
    send("GET /a?b=c HTTP/1.1\r\nHost: a.example:81\r\nUser-Agent: x y\r\nX-Odd-Name:\t1 \r\naccept:*/*\r\nX-Empty:\r\n\r\n");
    expect(log.events).toEqual(["head", "complete"]);
    expect(parser).toMatchObject({ method: "GET", target: "/a?b=c", path: "/a?b=c", host: "a.example:81", scheme: "" });
    expect(parser).toMatchObject({ versionMinor: 1, keepAlive: true, hasBody: false, contentLength: -1, chunked: false });
    expect(parser.list).toEqual(["user-agent", "x y", "x-odd-name", "1", "accept", "*/*", "x-empty", ""]);
  });

  it.each(["GET", "get", "POST", "M-SEARCH", "X!#$%&'*+-.^_`|~9"])("takes the method %s as it is", (method) => {
    send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(parser.method).toBe(method);
  });

  it("keeps the bytes above 127 of a value as latin1", () => {
    expect(get("X-A: caf\xe9\r\n").list).toEqual(["x-a", "caf\xe9"]);
  });

  it("gives each message a list of its own", () => {
    const first = get("X-A: 1\r\n").list;
    parser.next();
    expect(parser.list).not.toBe(first);
    get("X-B: 2\r\n");
    expect(first).toEqual(["x-a", "1"]);
  });

  it("takes a few empty lines before the request line", () => {
    send("\r\n\r\n");
    send("\r");
    send("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(log.events).toEqual(["head", "complete"]);
  });

  it.each([
    "a",
    "a_b.example",
    "a.example:",
    "a.example:65535",
    "127.0.0.1",
    "[::1]",
    "[2001:db8::1]:8080",
    "a%20b",
    "xn--bcher-kva.example",
  ])("takes the host %s", (host) => {
    send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(parser.host).toBe(host);
  });
});

describe("the target", () => {
  it.each([
    ["GET", "http://b.example:81/x?y", "/x?y", "b.example:81", "http"],
    ["GET", "HTTPS://B.example/x", "/x", "B.example", "https"],
    ["GET", "http://b.example", "/", "b.example", "http"],
    ["GET", "http://b.example?y", "/?y", "b.example", "http"],
    ["OPTIONS", "http://b.example", "*", "b.example", "http"],
    ["OPTIONS", "*", "*", "a.example", ""],
    ["CONNECT", "b.example:443", "", "b.example:443", ""],
    ["CONNECT", "[::1]:443", "", "[::1]:443", ""],
    ["GET", "//b.example/x", "//b.example/x", "a.example", ""],
    ["GET", '/"<>\\^`{|}', '/"<>\\^`{|}', "a.example", ""],
  ])("%s %s has path %s, host %s, scheme %s", (method, target, path, host, scheme) => {
    send(`${method} ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
    expect(parser).toMatchObject({ error: null, target, path, host, scheme });
  });

  it("loses its fragment where that is asked for", () => {
    make({ stripFragment: true });
    send("GET /a?b#c?d#e HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(parser).toMatchObject({ error: null, path: "/a?b", target: "/a?b#c?d#e" });
    parser.next();
    send("GET http://b/a#c HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(parser).toMatchObject({ error: null, path: "/a", host: "b" });
  });
});

describe("fields that concern the connection", () => {
  it("are left out of the list, whatever their case", () => {
    get(
      "CONNECTION: keep-alive\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\nHTTP2-Settings: x\r\nUpgrade: x\r\nTE: gzip\r\nX-A: 1\r\n",
    );
    expect(parser.list).toEqual(["x-a", "1"]);
    expect(parser.upgrade).toBe("");
  });

  it("are those that Connection names too", () => {
    get("X-Hop: 1\r\nX-Stay: 2\r\nCookie: a=b\r\nconnection: x-hop, Cookie\r\nConnection: X-Other\r\nx-hop: 3\r\nX-Other: 4\r\n");
    expect(parser.list).toEqual(["x-stay", "2"]);
    expect(parser.keepAlive).toBe(true);
  });

  it("don't include the length, even if Connection names it", () => {
    get("Content-Length: 1\r\nConnection: content-length\r\n");
    expect(parser.list).toEqual(["content-length", "1"]);
  });

  it.each(["trailers", "Trailers;q=0.5", "gzip, trailers", "gzip,TRAILERS , x"])("leave te: trailers of TE: %s", (te) => {
    expect(get(`TE: ${te}\r\nX-A: 1\r\nTE: trailers\r\nConnection: te\r\n`).list).toEqual(["te", "trailers", "x-a", "1"]);
  });

  it.each([
    ["Connection: close\r\n", false],
    ["Connection: CLOSE\r\n", false],
    ["Connection: x, close\r\n", false],
    ["Connection: keep-alive\r\nConnection: close\r\n", false],
    ["Connection: closed\r\n", true],
    ["Proxy-Connection: close\r\n", false],
    ["", true],
  ])("say whether the connection stays: %j", (lines, keepAlive) => {
    expect(get(lines).keepAlive).toBe(keepAlive);
  });

  it("ask for an upgrade only when Connection says so", () => {
    expect(get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n").upgrade).toBe("websocket");
    parser.next();
    expect(get("Upgrade: websocket\r\n").upgrade).toBe("");
    parser.next();
    expect(get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n")).toMatchObject({
      upgrade: "",
      list: [],
    });
  });

  it("tell of 100-continue, which stays in the list", () => {
    expect(get("Expect: 100-Continue\r\n")).toMatchObject({ expectContinue: true, list: ["expect", "100-Continue"] });
    parser.next();
    expect(get("Expect: something\r\n").expectContinue).toBe(false);
  });
});

describe("HTTP/1.0", () => {
  it("is taken where it is accepted, and closes unless it says otherwise", () => {
    make({ acceptHttp10: true });
    send("GET / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    expect(parser).toMatchObject({ versionMinor: 0, keepAlive: false, expectContinue: false, upgrade: "" });
    parser.next();
    send("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n");
    expect(parser.keepAlive).toBe(true);
  });

  it("may do without Host where there is a default", () => {
    make({ acceptHttp10: true, defaultHostForHttp10: "d.example" });
    send("GET / HTTP/1.0\r\n\r\n");
    expect(parser).toMatchObject({ error: null, host: "d.example" });
  });
});

describe("bodies", () => {
  it("by length are views of the input", () => {
    const input = Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhello");
    parser.execute(input);
    expect(log.events).toEqual(["head", "body hello", "complete"]);
    expect(parser).toMatchObject({ contentLength: 5, hasBody: true, list: ["content-length", "5"] });
    expect(log.chunks[0].buffer).toBe(input.buffer);
    input[input.length - 1] = 33;
    expect(log.chunks[0].toString()).toBe("hell!");
  });

  it("of length 0 are none", () => {
    get("Content-Length: 0\r\n");
    expect(parser).toMatchObject({ contentLength: 0, hasBody: false });
    expect(log.events).toEqual(["head", "complete"]);
  });

  it("by chunks lose their framing and extensions, and keep their trailers", () => {
    send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b;\\"" ; c = d\r\nabc\r\n00A\r\n0123456789\r\n0;x\r\nX-A: 1\r\n\r\n',
    );
    expect(parser).toMatchObject({ error: null, chunked: true, contentLength: -1, list: [] });
    expect(log.events).toEqual(["head", "body abc", "body 0123456789", "trailers x-a|1", "complete"]);
  });

  it("with both framings are chunked, and close, where that is allowed", () => {
    make({ allowChunkedLength: true });
    send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    expect(parser).toMatchObject({ error: null, chunked: true, contentLength: -1, keepAlive: false, list: ["x-a", "1"] });
  });
});

describe("pipelining", () => {
  const THREE =
    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nokGET /3 HTTP/1.1\r\nHost: a\r\n\r\n";

  it("waits for next() before each request", () => {
    send(THREE);
    expect(log.events).toEqual(["head", "complete"]);
    expect(parser).toMatchObject({ path: "/1", midMessage: false, buffered: THREE.length - 28 });
    parser.next();
    expect(log.events).toEqual(["head", "complete", "head", "body ok", "complete"]);
    expect(parser.path).toBe("/2");
    parser.next();
    expect(parser).toMatchObject({ path: "/3", buffered: 0 });
    parser.next();
    expect(log.events).toHaveLength(7);
  });

  it("goes on at once when next() is called from onComplete()", () => {
    const paths: string[] = [];
    log.onHeadDo = () => paths.push(parser.path);
    log.onCompleteDo = () => {
      parser.next();
    };
    send(THREE + THREE);
    expect(paths).toEqual(["/1", "/2", "/3", "/1", "/2", "/3"]);
  });

  it("ignores next() inside a message", () => {
    send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    parser.next();
    expect(parser).toMatchObject({ method: "POST", midMessage: true });
    send("llo");
    expect(log.events).toEqual(["head", "body he", "body llo", "complete"]);
  });

  it("shows mistakes of a later request only when it is asked for", () => {
    send("GET / HTTP/1.1\r\nHost: a\r\n\r\nG@T / HTTP/1.1\r\n");
    expect(parser.error).toBeNull();
    parser.next();
    expect(parser.error?.code).toBe("http1.invalid_method");
  });
});

describe("pause and resume", () => {
  it("hold the body, and what comes after, by reference", () => {
    log.onBodyDo = () => {
      parser.pause();
    };
    send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n");
    const large = Buffer.from("fff0\r\n" + "c".repeat(0xfff0) + "\r\n0\r\n\r\n");
    parser.execute(large);
    expect(log.events).toEqual(["head", "body a"]);
    expect(parser.buffered).toBe(8 + large.length);
    parser.resume();
    expect(log.events).toEqual(["head", "body a", "body b"]);
    parser.resume();
    expect(log.chunks[2].buffer).toBe(large.buffer);
    parser.resume();
    expect(log.events.at(-1)).toBe("complete");
    expect(parser.buffered).toBe(0);
  });

  it("hold the end of a message too", () => {
    log.onHeadDo = () => {
      parser.pause();
    };
    send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(log.events).toEqual(["head"]);
    parser.resume();
    expect(log.events).toEqual(["head", "complete"]);
  });

  it("don't hold small pieces one by one", () => {
    parser.pause();
    for (let i = 0; i < 10_000; i++) send("x");
    expect(parser.buffered).toBe(10_000);
    make();
    log.onBodyDo = () => {
      parser.pause();
    };
    send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\n\r\n.");
    for (let i = 0; i < 10_000; i++) send(String.fromCharCode(97 + (i % 26)));
    let resumed = 0;
    while (parser.midMessage) {
      parser.resume();
      resumed++;
    }
    expect(resumed).toBeLessThan(10);
    expect(Buffer.concat(log.chunks).toString()).toBe("." + "abcdefghijklmnopqrstuvwxyz".repeat(385).slice(0, 10_000));
  });
});

describe("tunnel()", () => {
  const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";

  it("makes body of all that follows, when called from onHead()", () => {
    log.onHeadDo = () => {
      parser.tunnel();
    };
    send(UPGRADE + "GET / ");
    send("\0\n");
    expect(log.events).toEqual(["head", "body GET / ", "body \0\n"]);
    expect(parser).toMatchObject({ hasBody: true, midMessage: true });
    parser.finish();
    expect(parser.error).toBeNull();
  });

  it("makes body of what was held, when called later", () => {
    send(UPGRADE + "early");
    expect(log.events).toEqual(["head", "complete"]);
    parser.tunnel();
    expect(log.events).toEqual(["head", "complete", "body early"]);
  });

  it("can be paused", () => {
    send("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
    parser.pause();
    parser.tunnel();
    send("x");
    expect(log.events).toEqual(["head", "complete"]);
    parser.resume();
    expect(log.events.at(-1)).toBe("body x");
  });
});

describe("finish()", () => {
  it.each(["", "\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"])("is right between messages: %j", (text) => {
    send(text);
    parser.next();
    parser.finish();
    expect(parser.error).toBeNull();
  });

  it.each([
    "G",
    "GET / HTTP/1.1\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n",
  ])("is a mistake inside one: %j", (text) => {
    send(text);
    parser.finish();
    expect(parser.error).toMatchObject({ code: "http1.truncated_message", status: 400 });
    expect(log.events).not.toContain("complete");
  });

  it("waits until what was held has been read", () => {
    send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3");
    parser.finish();
    expect(parser.error).toBeNull();
    parser.next();
    expect(parser).toMatchObject({ path: "/2", error: null });
    parser.next();
    expect(parser.error?.code).toBe("http1.truncated_message");
  });

  it("waits for resume()", () => {
    log.onHeadDo = () => {
      parser.pause();
    };
    send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
    parser.finish();
    expect(parser.error).toBeNull();
    parser.resume();
    expect(log.events).toEqual(["head", "body hell"]);
    expect(parser.error?.code).toBe("http1.truncated_message");
  });
});

describe("limits", () => {
  it("are inclusive", () => {
    const head = "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n";
    for (const [limits, code] of [
      [{ maxHeadBytes: head.length, maxHeaders: 2 }, undefined],
      [{ maxHeadBytes: head.length - 1 }, "http1.headers_too_large"],
      [{ maxHeaders: 1 }, "http1.too_many_headers"],
      [{ maxHeadBytes: 15 }, "http1.target_too_long"],
    ] as const) {
      make({}, limits);
      send(head);
      expect(parser.error?.code).toBe(code);
    }
  });

  it("hold for each message anew", () => {
    make({}, { maxHeadBytes: 40 });
    log.onCompleteDo = () => {
      parser.next();
    };
    for (let i = 0; i < 50; i++) send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(parser.error).toBeNull();
    expect(log.events).toHaveLength(100);
  });
});

describe("an idle parser", () => {
  it("refers to nothing of the last message", () => {
    get("X-A: 1\r\n");
    parser.next();
    const strings = Object.values(parser).filter((value) => typeof value === "string" && value !== "");
    expect(strings).toEqual([]);
    expect(Object.values(parser).filter((value) => Buffer.isBuffer(value))).toEqual([]);
    expect(parser.list).toEqual([]);
    expect(parser.buffered).toBe(0);
  });

  it("ignores empty input", () => {
    send("");
    expect(parser.midMessage).toBe(false);
    send("G");
    expect(parser.midMessage).toBe(true);
  });
});
