import { describe, expect, test } from "vitest";
import type { HttpStream, ReplyOptions, Stop } from "../../core/contract/stream.ts";
import { requestHeaders } from "../../core/format/stream-info-fixture.ts";
import { ADMIN_BODY_LIMIT, adminFilter } from "./admin-filter.ts";
import { adminFixture } from "./admin-fixture.ts";

const STOP: Stop = { kind: "stop" };
const FORM = ["content-type", "application/x-www-form-urlencoded"];

/** Sends a request through the filter; gives what was answered. */
function send(
  method: string,
  path: string,
  list: readonly string[] = [],
  chunks: readonly string[] = [],
): { status: number; options: ReplyOptions; done: string[] } {
  const fixture = adminFixture();
  const filter = adminFilter(fixture.context);
  const replies: { status: number; options: ReplyOptions }[] = [];
  const request = requestHeaders(method, path, list);
  const stream = {
    request,
    reply(status: number, options: ReplyOptions = {}) {
      replies.push({ status, options });
      return STOP;
    },
  } as unknown as HttpStream;
  const state = filter.createState?.(stream) ?? { body: "" };
  let result: unknown = filter.onRequestHeaders?.(stream, request, chunks.length === 0, state);
  chunks.forEach((chunk, i) => {
    if (result !== STOP) result = filter.onRequestBody?.(stream, Buffer.from(chunk), i === chunks.length - 1, state);
  });
  expect(result).toBe(STOP);
  expect(replies).toHaveLength(1);
  return { ...replies[0], done: fixture.done };
}

describe("the admin filter", () => {
  test("answers in one piece, not to be cached", () => {
    const { status, options } = send("GET", "/ready?x");
    expect(status).toBe(200);
    expect(options).toEqual({
      body: "LIVE\n",
      contentType: "text/plain; charset=UTF-8",
      headers: ["cache-control", "no-cache, max-age=0", "x-content-type-options", "nosniff"],
      details: "admin_filter_response",
    });
  });

  test("waits for a form, and for no other body", () => {
    expect(send("POST", "/runtime_modify", FORM, ["a=", "1&b=2"]).done).toEqual(['runtime [["a","1"],["b","2"]]']);
    expect(send("POST", "/quitquitquit", [], ["whatever"]).done).toEqual(["quit"]);
  });

  test("does not take endless forms", () => {
    expect(send("POST", "/runtime_modify", FORM, ["a".repeat(ADMIN_BODY_LIMIT), "b"]).status).toBe(413);
  });

  test("says what went wrong in a page", () => {
    const fixture = adminFixture();
    const context = {
      ...fixture.context,
      memory: () => {
        throw new Error("no memory");
      },
    };
    const stream = {
      request: requestHeaders("GET", "/memory"),
      reply: (status: number, options: ReplyOptions) => ({ status, options }),
    };
    const filter = adminFilter(context);
    const result = filter.onRequestHeaders?.(stream as unknown as HttpStream, stream.request, true, { body: "" });
    expect(result).toMatchObject({ status: 500, options: { body: "no memory\n" } });
    expect(fixture.done.join("")).toContain("[error][admin] admin page /memory: no memory");
  });
});
