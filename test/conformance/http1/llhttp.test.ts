import { Buffer } from "node:buffer";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { byteByByte, inOnePiece, recordRequests, recordResponses, type Cut, type Recording } from "./record.ts";

/** The cases of nodejs/llhttp, where they lie beside the project. */
const FILE = resolve(fileURLToPath(new URL("../../..", import.meta.url)), "../shared/data/llhttp.jsonl");

interface Case {
  readonly file: string;
  readonly title: string;
  readonly raw: string;
  readonly verdict: "accept" | "reject";
  readonly complete: boolean;
  readonly type: "request" | "response";
}

/** Where we differ from llhttp, why we may, and what we say instead. A case that stops differing fails the test. */
interface Difference {
  readonly rule: string;
  readonly section: string;
  /** The code we refuse with; "accept" where llhttp refuses and we don't. */
  readonly ours: string;
  readonly cases: readonly string[];
}

const DIFFERENCES: readonly Difference[] = [
  {
    rule: "a method is any token; which are known is for the origin to say (501 is its answer)",
    section: "RFC 9110 section 9.1",
    ours: "accept",
    cases: ["request/invalid.md: HTTP protocol and ANNOUNCE method", "request/invalid.md: Invalid method"],
  },
  {
    rule: "the asterisk form is for OPTIONS only",
    section: "RFC 9112 section 3.2.4",
    ours: "http1.invalid_url",
    cases: ["request/method.md: M-SEARCH request"],
  },
  {
    rule: "no other protocol is HTTP: ICE and RTSP are refused, and so is a request line without version",
    section: "RFC 9112 section 2.3",
    ours: "http1.invalid_request_line",
    cases: [
      "request/method.md: SOURCE request with ICE",
      "request/method.md: OPTIONS request with RTSP",
      "request/method.md: ANNOUNCE request with RTSP",
      "request/sample.md: No HTTP version",
    ],
  },
  {
    rule: "no other protocol is HTTP: ICE, RTSP and HTTP/0.9 responses are refused",
    section: "RFC 9112 section 2.3",
    ours: "http1.invalid_status_line",
    cases: ["response/sample.md: RTSP response", "response/sample.md: ICE response", "response/sample.md: HTTP version 0.9"],
  },
  {
    rule: "a request target has no fragment",
    section: "RFC 9112 section 3.2.1, RFC 9110 section 4.2.5",
    ours: "http1.fragment_in_target",
    cases: [
      "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding",
      "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding (multiple headers)",
      "request/uri.md: Fragment in URI",
    ],
  },
  {
    rule: "userinfo in a target is an error",
    section: "RFC 9110 section 4.2.4",
    ours: "http1.invalid_url",
    cases: ["request/uri.md: `host:port` and basic auth"],
  },
  {
    rule: "empty lines are forgiven before a request line, not before a status line",
    section: "RFC 9112 section 2.2",
    ours: "http1.invalid_status_line",
    cases: [
      "response/connection.md: HTTP 304 with Content-Length",
      "response/connection.md: HTTP 100 first, then 400",
      "response/pipelining.md: Should parse multiple events",
      "response/sample.md: Response starting with CRLF",
    ],
  },
  {
    rule: "a response whose Transfer-Encoding isn't chunked, once and last, would have to be read until close: not trusted",
    section: "RFC 9112 sections 6.1 and 11.2",
    ours: "http1.invalid_transfer_encoding",
    cases: [
      "response/transfer-encoding.md: `chunked` before other transfer-encoding",
      "response/transfer-encoding.md: multiple transfer-encoding where chunked is not the last one",
      "response/transfer-encoding.md: `chunkedchunked` transfer-encoding does not enable chunked enconding",
    ],
  },
];

/**
 * HTTP/1.1 without Host is refused (RFC 9112 section 3.2), which llhttp leaves to its users: 37 cases. They are run again with
 * one put in, and must then agree with llhttp or be in the table above. The same goes for 1.0 requests, here given a default.
 */
const WITHOUT_HOST = 37;

const REQUEST_LINE = /^([A-Z-]+ \S+ HTTP\/1\.1\r\n)(?![^]*?^host:)/gim;

function run(testCase: Case, raw: string, cut: Cut): Recording {
  if (testCase.type === "response") return recordResponses(raw, cut);
  return recordRequests(raw, cut, { request: { acceptHttp10: true, defaultHostForHttp10: "default.example" } });
}

/** The last line break of most cases is missing from the data: as much of it is put back as decides them. */
function runWhole(testCase: Case, raw: string, cut: Cut): Recording {
  let result = run(testCase, raw, cut);
  for (const end of ["\r", "\r\n"]) {
    if (result.error !== null || result.completed > 0) return result;
    result = run(testCase, raw + end, cut);
  }
  return result;
}

const cases: Case[] = existsSync(FILE)
  ? readFileSync(FILE, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Case)
  : [];

if (cases.length === 0) console.log(`skipped: llhttp's cases, for there is no ${FILE}`);

describe.skipIf(cases.length === 0)("llhttp's verdicts", () => {
  for (const [name, cut] of [
    ["in one piece", inOnePiece],
    ["byte by byte", byteByByte],
  ] as const) {
    it(`are ours, or differ for a named reason, ${name}`, () => {
      const unexplained: string[] = [];
      const explained = new Set<string>();
      let withoutHost = 0;
      for (const testCase of cases) {
        const raw = Buffer.from(testCase.raw, "base64").toString("latin1");
        let result = runWhole(testCase, raw, cut);
        if (result.error?.code === "http1.missing_host") {
          withoutHost++;
          result = runWhole(testCase, raw.replaceAll(REQUEST_LINE, "$1Host: a.example\r\n"), cut);
        }
        const ours = result.error === null ? "accept" : "reject";
        if (ours === testCase.verdict && (ours === "reject" || result.completed > 0 === testCase.complete)) continue;
        const key = `${testCase.file}: ${testCase.title}`;
        const found = result.error?.code ?? "accept";
        const difference = DIFFERENCES.find((d) => d.cases.includes(key));
        if (difference === undefined || difference.ours !== found) {
          unexplained.push(`${key}: llhttp ${testCase.verdict} ${testCase.complete}, we ${found} ${result.completed}`);
        } else explained.add(key);
      }
      expect(unexplained).toEqual([]);
      expect(DIFFERENCES.flatMap((d) => d.cases).filter((key) => !explained.has(key))).toEqual([]);
      expect(withoutHost).toBe(WITHOUT_HOST);
      expect(cases.length).toBe(148);
    });
  }
});
