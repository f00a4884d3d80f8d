import { describe, expect, it } from "vitest";
import { readFirstLine } from "./request-line.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

describe("the first line", () => {
  it.each([
    ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "http/1.1"],
    ["GET / HTTP/1.0\n", "http/1.0"],
    ["\r\n\r\nPOST /a?b HTTP/1.1\r\n", "http/1.1"],
    ["OPTIONS * HTTP/1.1\r\n", "http/1.1"],
    ["M-SEARCH * HTTP/1.1\r\n", "http/1.1"],
    [`${PREFACE}\0\0\0\u0004`, "h2c"],
    [PREFACE, "h2c"],
    [PREFACE.slice(0, -1), "more"],
    ["P", "more"],
    ["PRI * HTTP/2.0\r\n\r\nXX", "other"],
    ["GET", "more"],
    ["GET /", "more"],
    ["GET / HTTP/1.1", "more"],
    ["GET / HTTP/2.0\r\n", "other"],
    ["GET / HTTP/1.2\r\n", "other"],
    ["GET /\r\n", "other"],
    ["GET  HTTP/1.1\r\n", "other"],
    ["*1\r\n$4\r\nPING\r\n", "other"],
    ["SSH-2.0-OpenSSH_9\r\n", "other"],
    ["\u0016\u0003\u0001", "other"],
    ["GET \0", "other"],
    [" GET / HTTP/1.1\r\n", "other"],
  ])("%j is %s", (text, result) => expect(readFirstLine(Buffer.from(text, "latin1"))).toBe(result));
});
