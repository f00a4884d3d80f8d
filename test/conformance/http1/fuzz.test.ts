import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { BAD_REQUESTS, BAD_RESPONSES } from "./bad-input.ts";
import { GOOD_REQUESTS, GOOD_RESPONSES } from "./corpus.ts";
import { inOnePiece, recordRequests, recordResponses, type Cut, type RecordOptions, type Recording } from "./record.ts";

/** Numbers in [0, 1) from a seed (mulberry32): a failure can be run again. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Pieces of 1 to `most` bytes. */
function pieces(next: () => number, most: number): Cut {
  return (bytes) => {
    const list: Buffer[] = [];
    for (let i = 0; i < bytes.length;) {
      const length = 1 + Math.floor(next() * most);
      list.push(bytes.subarray(i, i + length));
      i += length;
    }
    return list;
  };
}

const MOST = [1, 2, 3, 7, 20, 100, 1500];
/** A held line may be as long as a head; a piece more has come before the owner can stop reading. */
const MOST_HELD = 60 * 1024 + 1500;

type Record = (input: Buffer, cut?: Cut, options?: RecordOptions) => Recording;

const KINDS: readonly (readonly [string, Record, readonly string[]])[] = [
  ["requests", recordRequests, [...GOOD_REQUESTS, ...BAD_REQUESTS.map(([, bytes]) => bytes)]],
  ["responses", recordResponses, [...GOOD_RESPONSES, ...BAD_RESPONSES.map(([, bytes]) => bytes)]],
];

/** Bytes that mean something to HTTP, to be put where they don't belong. */
const SPICE = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  " ",
  "\t",
  ":",
  "\0",
  ";",
  ",",
  "0",
  "f",
  "\x7f",
  "\xff",
  "Host: b\r\n",
  "0\r\n\r\n",
  "HTTP/1.1",
];

function mutate(input: string, other: string, next: () => number): string {
  let text = input;
  const times = 1 + Math.floor(next() * 3);
  for (let i = 0; i < times; i++) {
    const at = Math.floor(next() * (text.length + 1));
    const upTo = at + Math.floor(next() * 6);
    switch (Math.floor(next() * 5)) {
      case 0:
        text = text.slice(0, at) + SPICE[Math.floor(next() * SPICE.length)] + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(upTo);
        break;
      case 2:
        text = text.slice(0, at) + String.fromCharCode(Math.floor(next() * 256)) + text.slice(at + 1);
        break;
      case 3:
        text = text.slice(0, upTo) + text.slice(at);
        break;
      default:
        text = text.slice(0, at) + other.slice(Math.floor(next() * other.length));
    }
  }
  return text;
}

describe.each(KINDS)("%s", (_, record, corpus) => {
  const options: readonly RecordOptions[] = [
    {},
    { finish: true },
    { tunnel: true, finish: true },
    { reluctant: random(7), finish: true },
    { limits: { maxHeadBytes: 300, maxTrailerBytes: 40, maxHeaders: 4, maxChunkLineBytes: 12 }, finish: true },
  ];

  it.each(options)("give the same events however they are cut: %o", (option) => {
    const next = random(1);
    const { reluctant, ...plain } = option;
    for (const text of corpus) {
      const input = Buffer.from(text, "latin1");
      const whole = record(input, inOnePiece, plain);
      for (const most of MOST) {
        const cut = record(input, pieces(next, most), { ...plain, reluctant });
        expect(cut.events).toEqual(whole.events);
      }
    }
  });

  it("never throw, hang or pile up, whatever is done to them", () => {
    for (let seed = 1; seed <= 6000; seed++) {
      const next = random(seed);
      const pick = () => corpus[Math.floor(next() * corpus.length)].slice(0, 4000);
      const input = Buffer.from(mutate(pick(), pick(), next), "latin1");
      const option = options[seed % options.length];
      const whole = record(input, inOnePiece, { ...option, reluctant: undefined });
      const cut = record(input, pieces(next, MOST[seed % MOST.length]), option);
      if (JSON.stringify(cut.events) !== JSON.stringify(whole.events))
        expect({ seed, events: cut.events }).toEqual({ seed, events: whole.events });
      if (option.reluctant === undefined) expect(cut.maxBuffered).toBeLessThanOrEqual(MOST_HELD);
    }
  });

  it("are refused or read, but never held, when they are noise", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const input = Buffer.from(Array.from({ length: 400 }, () => Math.floor(next() * 256)));
      const result = record(input, pieces(next, 50), { finish: true });
      expect(result.error).not.toBeNull();
    }
  });
});

describe("a head in single bytes", () => {
  it("costs no more than its length", () => {
    const input = Buffer.from(`GET / HTTP/1.1\r\nHost: a.example\r\nx: ${"a".repeat(60_000)}\r\n\r\n`);
    const start = process.cpuUsage();
    const result = recordRequests(
      input,
      pieces(() => 0, 1),
    );
    const used = process.cpuUsage(start);
    expect(result.completed).toBe(1);
    // A rescan for each byte would be 1.8 billion steps, several seconds.
    expect((used.user + used.system) / 1000).toBeLessThan(1000);
  });
});
