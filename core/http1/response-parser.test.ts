import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { ResponseParser } from "./response-parser.ts";
import { DEFAULT_HTTP1_LIMITS, DEFAULT_RESPONSE_PARSER_OPTIONS, type Http1Events } from "./types.ts";

class Log implements Http1Events {
  readonly events: string[] = [];
  onHead(): void {
    this.events.push("head " + parser.status);
  }
  onBody(chunk: Buffer): void {
    this.events.push("body " + chunk.toString("latin1"));
  }
  onTrailers(list: string[]): void {
    this.events.push("trailers " + list.join("|"));
  }
  onComplete(): void {
    this.events.push("complete");
  }
}

let log: Log;
let parser: ResponseParser;

function send(text: string): void {
  parser.execute(Buffer.from(text, "latin1"));
}

beforeEach(() => {
  log = new Log();
  parser = new ResponseParser(log, DEFAULT_HTTP1_LIMITS, DEFAULT_RESPONSE_PARSER_OPTIONS);
});

describe("the head of a response", () => {
  it.each([
    ["HTTP/1.1 200 OK", 200, "OK"],
    ["HTTP/1.1 200 Okay then", 200, "Okay then"],
    ["HTTP/1.1 404 ", 404, ""],
    ["HTTP/1.1 404", 404, ""],
    ["HTTP/1.1 599 \xe9\t!", 599, "\xe9\t!"],
    ["HTTP/1.1 200  OK", 200, " OK"],
  ])("%j", (line, status, reason) => {
    parser.expect("GET");
    send(line + "\r\nServer: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n");
    expect(parser).toMatchObject({ error: null, status, reason, keepAlive: true, hasBody: false });
    expect(parser.list).toEqual(["server", "x", "host", "y", "content-length", "0"]);
    expect(log.events).toEqual([`head ${status}`, "complete"]);
  });

  it("loses what concerns the connection, and what Connection names, without being refused for it", () => {
    parser.expect("GET");
    send(
      "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop, X-Forwarded-For\r\nX-Hop: 1\r\nX-Forwarded-For: 2\r\nKeep-Alive: 5\r\nTE: trailers\r\nContent-Length: 0\r\n\r\n",
    );
    expect(parser).toMatchObject({ error: null, list: ["content-length", "0"] });
  });

  it.each([
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true],
    ["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", true],
    ["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", false],
    ["HTTP/1.1 200 OK\r\n\r\n", false],
  ])("says whether the connection stays: %j", (text, keepAlive) => {
    parser.expect("GET");
    send(text);
    expect(parser.keepAlive).toBe(keepAlive);
  });
});

describe("framing", () => {
  it.each([
    ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ["content-length", "5"], 5],
    ["HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", [], -1],
    ["HEAD", "HTTP/1.1 200 OK\r\n\r\n", [], -1],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ["content-length", "5"], 5],
    ["GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", [], -1],
    ["GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", [], -1],
  ])("%s has no body for %j", (method, text, list, contentLength) => {
    parser.expect(method);
    send(text);
    expect(parser).toMatchObject({ error: null, hasBody: false, keepAlive: true, list, contentLength });
    expect(log.events.at(-1)).toBe("complete");
  });

  it("by chunks, with trailers", () => {
    parser.expect("GET");
    send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 1\r\nConnection: x\r\n\r\n");
    expect(log.events).toEqual(["head 200", "body ab", "trailers x-sum|1", "complete"]);
  });

  it("until close", () => {
    parser.expect("GET");
    send("HTTP/1.1 200 OK\r\n\r\nab");
    send("cd");
    expect(parser).toMatchObject({ hasBody: true, keepAlive: false, midMessage: true });
    parser.finish();
    expect(log.events).toEqual(["head 200", "body ab", "body cd", "complete"]);
    expect(parser.error).toBeNull();
  });

  it("until close, while paused", () => {
    parser.expect("GET");
    send("HTTP/1.1 200 OK\r\n\r\nab");
    parser.pause();
    send("cd");
    parser.finish();
    expect(log.events).toEqual(["head 200", "body ab"]);
    parser.resume();
    expect(log.events).toEqual(["head 200", "body ab", "body cd", "complete"]);
  });

  it.each([
    "H",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
  ])("cut short is a 502: %j", (text) => {
    parser.expect("GET");
    send(text);
    parser.finish();
    expect(parser.error).toMatchObject({ code: "http1.truncated_message", status: 502 });
    expect(log.events).not.toContain("complete");
  });
});

describe("1xx", () => {
  it("is a head of its own before the response", () => {
    parser.expect("POST");
    send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 3\r\n\r\n");
    expect(parser).toMatchObject({ status: 103, list: ["link", "</a>"], hasBody: false, midMessage: false });
    send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
    expect(log.events).toEqual(["head 100", "head 103", "head 200", "body a", "complete"]);
  });

  it("can be paused after", () => {
    parser.expect("POST");
    const onHead = log.onHead.bind(log);
    log.onHead = () => {
      onHead();
      parser.pause();
    };
    send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(log.events).toEqual(["head 100"]);
    parser.resume();
    parser.resume();
    expect(log.events).toEqual(["head 100", "head 200", "complete"]);
  });

  it("101 makes body of all that follows", () => {
    parser.expect("GET");
    send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\n\x81\x01a\r\n",
    );
    expect(parser).toMatchObject({ upgrade: "websocket", keepAlive: false, hasBody: true, list: [] });
    parser.finish();
    expect(log.events).toEqual(["head 101", "body \x81\x01a\r\n", "complete"]);
  });
});

describe("CONNECT", () => {
  it("makes body of all that follows a 2xx", () => {
    parser.expect("CONNECT");
    send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nraw");
    expect(log.events).toEqual(["head 200", "body raw"]);
    expect(parser.chunked).toBe(false);
  });

  it("has an ordinary body otherwise", () => {
    parser.expect("CONNECT");
    send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
    expect(log.events).toEqual(["head 403", "body no", "complete"]);
  });
});

describe("expect()", () => {
  it("goes before each response; what comes unasked is held and shows", () => {
    send("HTTP/1.1 408 Timeout\r\n\r\n");
    expect(log.events).toEqual([]);
    expect(parser.buffered).toBe(24);
  });

  it("lets one connection serve many", () => {
    for (let i = 0; i < 3; i++) {
      parser.expect(i === 1 ? "HEAD" : "GET");
      send(i === 1 ? "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
      expect(parser).toMatchObject({ midMessage: false, buffered: 0 });
    }
    expect(log.events).toEqual(["head 200", "body a", "complete", "head 200", "complete", "head 200", "body a", "complete"]);
  });

  it("leaves what comes behind a response", () => {
    parser.expect("GET");
    send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab");
    expect(parser.buffered).toBe(1);
  });
});
