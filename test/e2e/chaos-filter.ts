import { defineFilter } from "isthmus/plugin";
import type { HttpStream } from "isthmus/plugin";

/** The filter does what the request's `x-filter` says. */
const wanted = (s: HttpStream): string => s.request.get("x-filter") ?? "";
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const fail = (): never => {
  throw new Error("as asked");
};

/** Every way in which a user's filter can wait, refuse and fail: what the chaos test runs through the data path. */
export default defineFilter({
  id: "test.chaos",
  status: "alpha",
  posture: "untrusted",
  buffer: { request: 65_536, response: 65_536 },
  create: () => ({
    onRequestHeaders(s) {
      switch (wanted(s)) {
        case "wait":
          return later(20);
        case "wait-long":
          return later(300);
        case "reject":
          return later(5).then(fail);
        case "throw":
          return fail();
        case "reply":
          return s.reply(403, { body: "no" });
        case "reply-late":
          return later(5).then(() => s.reply(403, { body: "late" }));
        case "reply-and-reject":
          s.reply(403, { body: "no" });
          return later(5).then(fail);
        case "reply-and-reject-now":
          s.reply(403, { body: "no" });
          return Promise.reject(new Error("as asked"));
        case "reply-split":
          return s.reply(302, { headers: ["location", "/\r\nx-evil: 1"] });
        case "reply-type":
          return s.reply(200, { body: "x", contentType: "text/plain\r\nx-evil: 1" });
        case "reply-204":
          return s.reply(204, { body: "not allowed here" });
        case "reset":
          return s.reset("as asked");
        case "recreate":
          if (s.request.get("x-again") !== undefined) return;
          s.request.set("x-again", "1");
          return s.recreate();
      }
    },
    onRequestBody(s) {
      if (wanted(s) === "body-wait") return later(10) as Promise<undefined>;
      if (wanted(s) === "body-reject") return later(5).then(fail);
      if (wanted(s) === "body-reply") return s.reply(413, { body: "enough" });
    },
    onResponseHeaders(s, headers) {
      switch (wanted(s)) {
        case "response-wait":
          return later(20);
        case "response-reject":
          return later(5).then(fail);
        case "response-throw":
          return fail();
        case "response-reply":
          return s.reply(502, { body: "no" });
        case "response-reply-late":
          return later(5).then(() => s.reply(502, { body: "no" }));
        case "response-reset":
          return s.reset("as asked");
        case "framing":
          headers.set("transfer-encoding", "chunked");
          headers.set("connection", "x-y");
          return;
        case "close":
          headers.set("connection", "close");
          return;
        case "trailers":
          s.addResponseTrailers().set("x-trailer", "1");
          return;
        case "add-body":
          headers.remove("content-length");
          s.addResponseBody(Buffer.from("added"));
          return;
      }
    },
    onResponseBody(s, chunk) {
      switch (wanted(s)) {
        case "response-body-wait":
          return later(5) as Promise<undefined>;
        case "response-body-reject":
          return later(5).then(fail);
        case "longer":
          return Buffer.concat([chunk, Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")]);
        case "shorter":
          return chunk.subarray(0, chunk.length >> 1);
      }
    },
    onStreamComplete(s) {
      if (wanted(s) === "complete-throw") fail();
      if (wanted(s) === "complete-reject") return later(5).then(fail) as unknown as undefined;
    },
  }),
});
