import { describe, expect, it } from "vitest";
import { HTTP1_ERROR_CODES } from "../../../core/http1/http1-error.ts";
import { BAD_HTTP10_REQUESTS, BAD_REQUESTS, BAD_RESPONSES, type BadInput } from "./bad-input.ts";
import { byteByByte, inOnePiece, recordRequests, recordResponses } from "./record.ts";

const CUTS = [
  ["in one piece", inOnePiece],
  ["byte by byte", byteByByte],
] as const;

const HTTP10 = { request: { acceptHttp10: true } };

/** No code, no complete message, and a message fit for a log. */
function check([, , code]: BadInput, result: ReturnType<typeof recordRequests>, status: number): void {
  expect(result.error?.code).toBe(code);
  expect(result.error?.status).toBe(status);
  expect(result.completed).toBe(0);
  expect(result.error?.message).toMatch(/^[\x20-\x7e]{1,300}$/);
}

for (const [how, cut] of CUTS) {
  describe(`bad requests ${how}`, () => {
    it.each(BAD_REQUESTS)("%s", (...input) => {
      check(input, recordRequests(input[1], cut), HTTP1_ERROR_CODES[input[2]]);
    });

    it.each(BAD_HTTP10_REQUESTS)("%s", (...input) => {
      check(input, recordRequests(input[1], cut, HTTP10), HTTP1_ERROR_CODES[input[2]]);
    });
  });

  describe(`bad responses ${how}`, () => {
    it.each(BAD_RESPONSES)("%s", (...input) => {
      check(input, recordResponses(input[1], cut), 502);
    });
  });
}

describe("error codes", () => {
  it("are all met in the tables, but for the end of the connection", () => {
    const met = new Set<string>([...BAD_REQUESTS, ...BAD_HTTP10_REQUESTS, ...BAD_RESPONSES].map(([, , code]) => code));
    expect(Object.keys(HTTP1_ERROR_CODES).filter((code) => !met.has(code))).toEqual(["http1.truncated_message"]);
  });

  it("is set once: input after it is ignored", () => {
    const [, bytes] = BAD_REQUESTS[0];
    const once = recordRequests(bytes);
    expect(recordRequests(bytes + "GET / HTTP/1.1\r\nHost: a\r\n\r\n").events).toEqual(once.events);
  });
});
