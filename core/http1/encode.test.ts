import { describe, expect, it } from "vitest";
import {
  CHUNK_END,
  chunkPrefix,
  encodeRequestHead,
  encodeResponseHead,
  encodeTrailers,
  LAST_CHUNK,
  reasonPhrase,
} from "./encode.ts";

describe("encodeRequestHead", () => {
  it("writes line, host, fields, extra lines and the empty line", () => {
    expect(encodeRequestHead("GET", "/a?b", "a.example", ["accept", "*/*", "x-a", ""], "connection: close\r\n")).toBe(
      "GET /a?b HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\nx-a: \r\nconnection: close\r\n\r\n",
    );
    expect(encodeRequestHead("GET", "/", "a", [], "")).toBe("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  });
});

describe("encodeResponseHead", () => {
  it.each([
    [200, "", false, "HTTP/1.1 200 OK\r\n"],
    [200, "", true, "HTTP/1.0 200 OK\r\n"],
    [200, "Fine", false, "HTTP/1.1 200 Fine\r\n"],
    [299, "", false, "HTTP/1.1 299 \r\n"],
    [799, "", false, "HTTP/1.1 799 \r\n"],
  ])("%d %j http10 %s", (status, reason, http10, line) => {
    expect(encodeResponseHead(status, reason, ["a", "1"], "x: y\r\n", http10)).toBe(line + "a: 1\r\nx: y\r\n\r\n");
  });

  it("knows the registered reasons", () => {
    expect(reasonPhrase(426)).toBe("Upgrade Required");
    expect(reasonPhrase(299)).toBe("");
  });
});

describe("chunks", () => {
  it("have a size in hexadecimal, and an end with or without trailers", () => {
    expect(chunkPrefix(65535) + "..." + CHUNK_END).toBe("ffff\r\n...\r\n");
    expect(LAST_CHUNK).toBe("0\r\n\r\n");
    expect(encodeTrailers(["x-a", "1", "x-b", "2"])).toBe("0\r\nx-a: 1\r\nx-b: 2\r\n\r\n");
  });
});
