import { Buffer } from "node:buffer";
import { describe, expect, it, vi } from "vitest";
import {
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  STREAM_CLOSED,
} from "./error-code.ts";
import { Blocks, frame, preface, readFrames, settings, uint32 } from "./testing/raw-frames.ts";
import { exchange, Peer } from "./testing/session-fixture.ts";

const GET = [":method", "GET", ":scheme", "http", ":authority", "a.example", ":path", "/"];
const POST = [":method", "POST", ":scheme", "http", ":authority", "a.example", ":path", "/"];

/** A server that has read the preface, and what a client would send next. */
function server(options: ConstructorParameters<typeof Peer>[1] = {}): { peer: Peer; blocks: Blocks } {
  const peer = new Peer(true, options);
  peer.session.receive(preface());
  peer.take();
  return { peer, blocks: new Blocks() };
}

type Frames = (blocks: Blocks) => Buffer[];

/** What the server answered, as "TYPE code" for RST_STREAM and GOAWAY. */
function answers(peer: Peer): string[] {
  return readFrames(peer.take()).flatMap(({ type, payload }) =>
    type === 3 ? [`reset ${payload.readUInt32BE()}`] : type === 7 ? [`goaway ${payload.readUInt32BE(4)}`] : [],
  );
}

function head(blocks: Blocks, streamId: number, flags: number, fields: string[] = GET): Buffer {
  return frame(1, flags, streamId, blocks.of(...fields));
}

const BROKEN: [name: string, frames: Frames, code: number][] = [
  ["DATA on stream 0", () => [frame(0, 0, 0, "x")], PROTOCOL_ERROR],
  ["DATA on an idle stream", () => [frame(0, 0, 1, "x")], PROTOCOL_ERROR],
  ["DATA on a closed stream", (b) => [head(b, 1, 5), frame(0, 0, 1, "x")], STREAM_CLOSED],
  ["DATA with as much padding as payload", (b) => [head(b, 1, 4, POST), frame(0, 8, 1, "\x01")], PROTOCOL_ERROR],
  ["DATA padded, without the length of it", (b) => [head(b, 1, 4, POST), frame(0, 8, 1)], PROTOCOL_ERROR],
  ["HEADERS on stream 0", (b) => [head(b, 0, 5)], PROTOCOL_ERROR],
  ["HEADERS on an even stream", (b) => [head(b, 2, 5)], PROTOCOL_ERROR],
  ["HEADERS on a lower stream", (b) => [head(b, 5, 4, POST), head(b, 3, 5)], STREAM_CLOSED],
  ["HEADERS behind END_STREAM", (b) => [head(b, 1, 5), head(b, 1, 5)], STREAM_CLOSED],
  ["HEADERS with more padding than payload", () => [frame(1, 0xd, 1, "\x05abc")], PROTOCOL_ERROR],
  [
    "HEADERS that depend on themselves",
    (b) => [frame(1, 0x25, 1, Buffer.concat([uint32(1), Buffer.of(0), b.of(...GET)]))],
    PROTOCOL_ERROR,
  ],
  ["HEADERS too short for a priority", () => [frame(1, 0x25, 1, "abc")], FRAME_SIZE_ERROR],
  ["a broken header block", () => [frame(1, 5, 1, "\x80")], COMPRESSION_ERROR],
  ["PRIORITY of 4 octets", () => [frame(2, 0, 1, "abcd")], FRAME_SIZE_ERROR],
  ["PRIORITY on stream 0", () => [frame(2, 0, 0, "abcde")], PROTOCOL_ERROR],
  ["PRIORITY that depends on itself", () => [frame(2, 0, 1, "\0\0\0\x01\0")], PROTOCOL_ERROR],
  ["RST_STREAM on stream 0", () => [frame(3, 0, 0, uint32(8))], PROTOCOL_ERROR],
  ["RST_STREAM on an idle stream", () => [frame(3, 0, 1, uint32(8))], PROTOCOL_ERROR],
  ["RST_STREAM of 3 octets", (b) => [head(b, 1, 4), frame(3, 0, 1, "abc")], FRAME_SIZE_ERROR],
  ["SETTINGS on a stream", () => [frame(4, 0, 1)], PROTOCOL_ERROR],
  ["SETTINGS of 5 octets", () => [frame(4, 0, 0, "abcde")], FRAME_SIZE_ERROR],
  ["an acknowledgement with a payload", () => [frame(4, 1, 0, settings(3, 1))], FRAME_SIZE_ERROR],
  ["SETTINGS_ENABLE_PUSH 2", () => [frame(4, 0, 0, settings(2, 2))], PROTOCOL_ERROR],
  ["SETTINGS_INITIAL_WINDOW_SIZE 2^31", () => [frame(4, 0, 0, settings(4, 2 ** 31))], FLOW_CONTROL_ERROR],
  ["SETTINGS_MAX_FRAME_SIZE 16383", () => [frame(4, 0, 0, settings(5, 16_383))], PROTOCOL_ERROR],
  ["SETTINGS_MAX_FRAME_SIZE 2^24", () => [frame(4, 0, 0, settings(5, 2 ** 24))], PROTOCOL_ERROR],
  ["PUSH_PROMISE", () => [frame(5, 4, 1, uint32(2))], PROTOCOL_ERROR],
  ["PING on a stream", () => [frame(6, 0, 1, "abcdefgh")], PROTOCOL_ERROR],
  ["PING of 6 octets", () => [frame(6, 0, 0, "abcdef")], FRAME_SIZE_ERROR],
  ["GOAWAY on a stream", () => [frame(7, 0, 1, "abcdefgh")], PROTOCOL_ERROR],
  ["GOAWAY of 7 octets", () => [frame(7, 0, 0, "abcdefg")], FRAME_SIZE_ERROR],
  ["WINDOW_UPDATE by 0", () => [frame(8, 0, 0, uint32(0))], PROTOCOL_ERROR],
  ["WINDOW_UPDATE beyond 2^31 - 1", () => [frame(8, 0, 0, uint32(2 ** 31 - 1))], FLOW_CONTROL_ERROR],
  ["WINDOW_UPDATE of 3 octets", () => [frame(8, 0, 0, "abc")], FRAME_SIZE_ERROR],
  ["WINDOW_UPDATE on an idle stream", () => [frame(8, 0, 1, uint32(1))], PROTOCOL_ERROR],
  ["CONTINUATION without HEADERS", () => [frame(9, 4, 1)], PROTOCOL_ERROR],
  ["CONTINUATION of another stream", (b) => [head(b, 1, 0), frame(9, 4, 3)], PROTOCOL_ERROR],
  ["a header block that PING interrupts", (b) => [head(b, 1, 0), frame(6, 0, 0, "abcdefgh")], PROTOCOL_ERROR],
  ["a header block that an unknown frame interrupts", (b) => [head(b, 1, 0), frame(0x40, 0, 1)], PROTOCOL_ERROR],
  ["a frame of more than 16,384 octets", () => [frame(0, 0, 1, Buffer.alloc(16_385))], FRAME_SIZE_ERROR],
  ["an unknown frame of more than 16,384 octets", () => [frame(0x40, 0, 0, Buffer.alloc(16_385))], FRAME_SIZE_ERROR],
];

/** Streams are reset for these, connections go on. */
const BROKEN_STREAMS: [name: string, frames: Frames, code: number][] = [
  ["WINDOW_UPDATE by 0", (b) => [head(b, 1, 4, POST), frame(8, 0, 1, uint32(0))], PROTOCOL_ERROR],
  ["WINDOW_UPDATE beyond 2^31 - 1", (b) => [head(b, 1, 4, POST), frame(8, 0, 1, uint32(2 ** 31 - 1))], FLOW_CONTROL_ERROR],
  ["PRIORITY of 4 octets", (b) => [head(b, 1, 4, POST), frame(2, 0, 1, "abcd")], FRAME_SIZE_ERROR],
];

/** Requests that break HTTP's rules (RFC 9113 section 8). */
const MALFORMED: [name: string, fields: string[]][] = [
  ["no :method", GET.slice(2)],
  ["no :scheme", [...GET.slice(0, 2), ...GET.slice(4)]],
  ["no :path", GET.slice(0, 6)],
  ["an empty :path", [...GET.slice(0, 6), ":path", ""]],
  ["a :path without a slash", [...GET.slice(0, 6), ":path", "a"]],
  ["a :path with a blank", [...GET.slice(0, 6), ":path", "/ HTTP/1.1"]],
  ["a :path with a fragment", [...GET.slice(0, 6), ":path", "/a#b"]],
  ["a :path that is an asterisk, for GET", [...GET.slice(0, 6), ":path", "*"]],
  ["neither :authority nor host", [...GET.slice(0, 4), ":path", "/"]],
  ["userinfo in :authority", [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "u@a"]],
  ["a port above 65535", [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a:65536"]],
  ["a host that differs", [...GET, "host", "b.example"]],
  ["two hosts", [...GET, "host", "a.example", "host", "a.example"]],
  ["two of :method", [":method", "GET", ...GET]],
  ["a :method with a blank", [":method", "GET /", ...GET.slice(2)]],
  [":status in a request", [...GET, ":status", "200"]],
  ["an unknown pseudo-header", [...GET, ":a", "b"]],
  ["a pseudo-header behind a field", [...GET.slice(0, 6), "a", "b", ":path", "/"]],
  ["a name in upper case", [...GET, "A", "b"]],
  ["a name with a colon", [...GET, "a:b", "c"]],
  ["an empty name", [...GET, "", "c"]],
  ["CR LF in a value", [...GET, "a", "b\r\nc: d"]],
  ["NUL in a value", [...GET, "a", "\0"]],
  ["a blank before a value", [...GET, "a", " b"]],
  ["connection", [...GET, "connection", "close"]],
  ["keep-alive", [...GET, "keep-alive", "1"]],
  ["proxy-connection", [...GET, "proxy-connection", "close"]],
  ["transfer-encoding", [...GET, "transfer-encoding", "chunked"]],
  ["upgrade", [...GET, "upgrade", "websocket"]],
  ["te other than trailers", [...GET, "te", "gzip"]],
  ["content-length that is no number", [...POST, "content-length", "+5"]],
  ["two content-lengths", [...POST, "content-length", "5", "content-length", "5"]],
  ["content-length without a body", [...GET, "content-length", "5"]],
  ["CONNECT with :path", [":method", "CONNECT", ":authority", "a:1", ":path", "/"]],
  ["CONNECT without a port", [":method", "CONNECT", ":authority", "a"]],
  [":protocol that was not offered", [":method", "CONNECT", ...GET.slice(2), ":protocol", "websocket"]],
];

describe("a server", () => {
  it("says its settings first", () => {
    const peer = new Peer(true);
    const [first] = readFrames(peer.take());
    expect([first.type, first.flags, first.streamId]).toEqual([4, 0, 0]);
  });

  it.each([
    ["HTTP/1.1", "GET / HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["another preface", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"],
  ])("refuses %s", (_, text) => {
    const peer = new Peer(true);
    peer.session.receive(Buffer.from(text));
    expect(peer.error?.code).toBe(PROTOCOL_ERROR);
  });

  it("wants SETTINGS first", () => {
    const peer = new Peer(true);
    peer.session.receive(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(6, 0, 0, "abcdefgh")]));
    expect(peer.error?.code).toBe(PROTOCOL_ERROR);
  });

  it.each(BROKEN)("ends the connection for %s", (_, frames, code) => {
    for (const size of [Infinity, 1]) {
      const { peer, blocks } = server();
      const bytes = Buffer.concat(frames(blocks));
      for (let at = 0; at < bytes.length; at += size) peer.session.receive(bytes.subarray(at, Math.min(bytes.length, at + size)));
      // On a stream that is open, a frame that is not its to send costs the stream; the connection's error is as good (RFC 9113 section 5.4).
      expect(answers(peer)).toContainEqual(expect.stringMatching(new RegExp(`^(goaway|reset) ${code}$`)));
    }
  });

  it.each(BROKEN_STREAMS)("resets a stream for %s", (_, frames, code) => {
    const { peer, blocks } = server();
    peer.session.receive(Buffer.concat(frames(blocks)));
    expect(answers(peer)).toEqual([`reset ${code}`]);
    expect(peer.streams[0].log.at(-1)).toBe(`reset ${code}`);
    peer.session.receive(head(blocks, 3, 5));
    expect(peer.streams[1].log).toEqual(["headers GET / end"]);
  });

  it.each(MALFORMED)("refuses a request with %s", (_, fields) => {
    const strict = server();
    strict.peer.session.receive(head(strict.blocks, 1, 5, fields));
    expect(answers(strict.peer)).toEqual([`goaway ${PROTOCOL_ERROR}`]);
    expect(strict.peer.error?.flood).toBe("rx_messaging_error");
    const lenient = server({ streamErrorOnInvalidHttpMessage: true });
    lenient.peer.session.receive(head(lenient.blocks, 1, 5, fields));
    expect(answers(lenient.peer)).toEqual([`reset ${PROTOCOL_ERROR}`]);
    expect(lenient.peer.streams).toEqual([]);
  });

  it.each([
    ["more octets than content-length", [["xx", 1]], "2 octets"],
    ["fewer octets than content-length", [["", 1]], "no octet"],
  ] as [string, [string, number][], string][])("refuses %s", (_, parts) => {
    const { peer, blocks } = server({ streamErrorOnInvalidHttpMessage: true });
    peer.session.receive(head(blocks, 1, 4, [...POST, "content-length", "1"]));
    for (const [text, flags] of parts) peer.session.receive(frame(0, flags, 1, text));
    expect(answers(peer)).toEqual([`reset ${PROTOCOL_ERROR}`]);
  });

  it("gives what is asked: head, body, trailers, padded and in pieces", () => {
    for (const size of [Infinity, 7, 1]) {
      const { peer, blocks } = server();
      const block = blocks.of(...POST, "cookie", "a=1", "cookie", "b=2", "te", "trailers");
      const bytes = Buffer.concat([
        frame(1, 0x28, 1, Buffer.concat([Buffer.of(2), uint32(0), Buffer.of(9), block.subarray(0, 9), Buffer.alloc(2)])),
        frame(9, 0, 1, block.subarray(9, 12)),
        frame(9, 4, 1, block.subarray(12)),
        frame(0, 8, 1, "\x03hello..."),
        frame(0, 0, 1, " world"),
        frame(1, 5, 1, blocks.of("x-sum", "1")),
      ]);
      for (let at = 0; at < bytes.length; at += size) peer.session.receive(bytes.subarray(at, Math.min(bytes.length, at + size)));
      expect(peer.error).toBeNull();
      const [stream] = peer.streams;
      expect(stream.fields?.list).toEqual(["cookie", "a=1; b=2", "te", "trailers"]);
      expect(stream.body).toBe("hello world");
      expect(stream.log.at(-1)).toBe("trailers x-sum 1");
    }
  });

  it("tells of a head too large, and goes on", () => {
    const { peer, blocks } = server();
    peer.session.receive(head(blocks, 1, 5, [...GET, ...Array.from({ length: 200 }, (_, i) => [`x-${i}`, "y"]).flat()]));
    peer.session.receive(head(blocks, 3, 5));
    expect(peer.streams.map((stream) => stream.log)).toEqual([["headers too large end"], ["headers GET / end"]]);
  });

  it("holds no list that a small block stands for (HPACK bomb)", () => {
    const { peer, blocks } = server();
    const bomb = [...GET, "x-big", "y".repeat(3000)];
    peer.session.receive(head(blocks, 1, 5, bomb));
    peer.session.receive(frame(1, 5, 3, Buffer.concat([blocks.of(...GET), Buffer.alloc(16_000, 0xbe)])));
    expect(peer.streams[1].log).toEqual(["headers too large end"]);
    expect(peer.streams[1].fields?.list.length).toBeLessThan(50);
  });

  it("answers PING, and acknowledges SETTINGS", () => {
    const peer = new Peer(true);
    peer.session.receive(Buffer.concat([preface(), frame(6, 0, 0, "12345678")]));
    const frames = readFrames(peer.take()).map(({ type, flags, payload }) => [type, flags, payload.toString()]);
    expect(frames).toContainEqual([4, 1, ""]);
    expect(frames).toContainEqual([6, 1, "12345678"]);
  });

  it("refuses streams beyond its limit", () => {
    const { peer, blocks } = server({ maxConcurrentStreams: 2 });
    for (const id of [1, 3, 5]) peer.session.receive(head(blocks, id, 5));
    expect(answers(peer)).toEqual([`reset ${REFUSED_STREAM}`]);
    expect(peer.streams.length).toBe(2);
  });

  it("ignores what was on its way to a stream that it has reset", () => {
    const { peer, blocks } = server();
    peer.session.receive(head(blocks, 1, 4, POST));
    peer.session.reset(peer.streams[0].stream, 8);
    peer.session.receive(Buffer.concat([frame(0, 0, 1, "x"), frame(1, 5, 1, blocks.of("x-a", "b")), frame(8, 0, 1, uint32(1))]));
    expect(peer.error).toBeNull();
  });

  it("ends in two steps", () => {
    const { peer, blocks } = server();
    peer.session.receive(head(blocks, 1, 5));
    peer.session.goaway(false);
    peer.session.receive(head(blocks, 3, 5));
    expect(peer.streams.length).toBe(2);
    peer.session.goaway(true);
    peer.session.receive(head(blocks, 5, 5));
    expect(peer.streams.length).toBe(2);
    const goaways = readFrames(peer.take()).filter(({ type }) => type === 7);
    expect(goaways.map(({ payload }) => payload.readUInt32BE(0))).toEqual([2 ** 31 - 1, 3]);
  });
});

describe("floods end the connection", () => {
  const many =
    (count: number, make: (i: number, blocks: Blocks) => Buffer): Frames =>
    (blocks) =>
      Array.from({ length: count }, (_, i) => make(i, blocks));

  it.each([
    [
      "rapid reset (CVE-2023-44487)",
      many(600, (i, b) => Buffer.concat([head(b, 2 * i + 1, 5), frame(3, 0, 2 * i + 1, uint32(8))])),
      "premature_reset_flood",
    ],
    [
      "server-provoked resets (CVE-2025-8671)",
      many(600, (i, b) => Buffer.concat([head(b, 2 * i + 1, 4, POST), frame(8, 0, 2 * i + 1, uint32(0))])),
      "",
    ],
    [
      "CONTINUATION without end (CVE-2024-27316)",
      (b) => [head(b, 1, 1), ...many(200, () => frame(9, 0, 1, Buffer.alloc(1000, 0x82)))(b)],
      "header_overflow",
    ],
    ["tiny CONTINUATION without end", (b) => [head(b, 1, 1), ...many(2000, () => frame(9, 0, 1, "\x82"))(b)], "header_overflow"],
    ["empty CONTINUATION", (b) => [head(b, 1, 1), ...many(5, () => frame(9, 0, 1))(b)], "inbound_empty_frames_flood"],
    [
      "empty DATA (CVE-2019-9518)",
      (b) => [head(b, 1, 4, POST), ...many(5, () => frame(0, 0, 1))(b)],
      "inbound_empty_frames_flood",
    ],
    [
      "padded empty DATA has a payload",
      (b) => [head(b, 1, 4, POST), frame(0, 8, 1, "\0"), frame(0, 0, 1), frame(0, 0, 1)],
      "inbound_empty_frames_flood",
    ],
    ["SETTINGS (CVE-2019-9515)", many(1100, () => frame(4, 0, 0)), "outbound_control_flood"],
    ["PING (CVE-2019-9512)", many(1100, () => frame(6, 0, 0, "abcdefgh")), "outbound_control_flood"],
    ["PRIORITY (CVE-2019-9513)", many(200, (i) => frame(2, 0, 2 * i + 3, "\0\0\0\x01\0")), "inbound_priority_frames_flood"],
    ["WINDOW_UPDATE (CVE-2019-9511)", many(50, () => frame(8, 0, 0, uint32(1))), "inbound_window_update_frames_flood"],
    ["frames of unknown types", many(10_100, () => frame(0x50, 0, 0)), "inbound_empty_frames_flood"],
  ] as [string, Frames, string][])("%s", (_, frames, flood) => {
    const { peer, blocks } = server();
    peer.full = true;
    for (const bytes of frames(blocks)) peer.session.receive(bytes);
    expect(peer.error?.code).toBe(ENHANCE_YOUR_CALM);
    if (flood !== "") expect(peer.error?.flood).toBe(flood);
  });

  it("but not the many requests of a client that is only busy", () => {
    const { peer, blocks } = server();
    peer.onNew = (stream) => {
      stream.onHead = () => peer.session.sendHeaders(stream.stream, [":status", "200"], [], true);
    };
    for (let i = 0; i < 5000; i++) {
      peer.session.receive(head(blocks, 2 * i + 1, 5));
      if (i % 20 === 0)
        peer.session.receive(
          Buffer.concat([head(blocks, 2 * i + 1 + 100_000, 4, POST).subarray(0, 0), frame(6, 0, 0, "abcdefgh")]),
        );
      peer.take();
    }
    expect(peer.error).toBeNull();
    expect(peer.session.streams.size).toBe(0);
  });
});

describe("two sessions", () => {
  it("exchange messages with bodies larger than every window", () => {
    for (const size of [Infinity, 1000]) {
      const client = new Peer(false);
      const origin = new Peer(true);
      const body = Buffer.alloc(3_000_000, "abc");
      origin.onNew = (stream) => {
        stream.onHead = () =>
          origin.session.sendHeaders(stream.stream, [":status", "200"], ["content-length", String(body.length)], false);
        stream.onBody = (s, end) => {
          if (!end) return;
          origin.session.sendData(s.stream, body, false);
          origin.session.sendTrailers(s.stream, ["x-sum", "1"]);
        };
      };
      const stream = client.open();
      client.session.sendHeaders(stream.stream, POST.slice(), [], false);
      expect(client.session.sendData(stream.stream, body, true)).toBe(false);
      exchange(client, origin, size);
      expect(origin.streams[0].body === body.toString()).toBe(true);
      expect(stream.body === body.toString()).toBe(true);
      expect(stream.trailers).toEqual(["x-sum", "1"]);
      expect(stream.log).toContain("drain");
      expect(client.session.streams.size + origin.session.streams.size).toBe(0);
      expect([client.error, origin.error]).toEqual([null, null]);
    }
  });

  it("have something to send, and say so, when a window cuts a part short", () => {
    const client = new Peer(false, { initialStreamWindowSize: 65_535 });
    const origin = new Peer(true);
    const stream = client.open();
    client.session.sendHeaders(stream.stream, POST.slice(), [], false);
    exchange(client, origin);
    origin.session.sendHeaders(origin.streams[0].stream, [":status", "200"], [], false);
    exchange(client, origin);
    const told = vi.spyOn(origin, "onOutput");
    origin.session.sendData(origin.streams[0].stream, Buffer.alloc(100_000), false);
    expect(told).toHaveBeenCalledTimes(1);
    // With the windows at their end there is nothing to say.
    origin.take();
    origin.session.sendData(origin.streams[0].stream, Buffer.alloc(10), false);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it("stop at the window of a stream that is paused, and others go on", () => {
    const client = new Peer(false);
    const origin = new Peer(true, { initialStreamWindowSize: 100_000 });
    origin.onNew = (stream) => {
      if (origin.streams.length === 1) origin.session.pause(stream.stream);
    };
    const slow = client.open();
    const fast = client.open();
    for (const stream of [slow, fast]) client.session.sendHeaders(stream.stream, POST.slice(), [], false);
    exchange(client, origin);
    for (const stream of [slow, fast]) client.session.sendData(stream.stream, Buffer.alloc(1_000_000), true);
    exchange(client, origin);
    expect(origin.streams[0].body.length).toBe(100_000);
    expect(origin.streams[1].body.length).toBe(1_000_000);
    origin.session.resume(origin.streams[0].stream);
    exchange(client, origin);
    expect(origin.streams[0].body.length).toBe(1_000_000);
  });

  it("hold a source back while the socket is full", () => {
    const client = new Peer(false);
    const origin = new Peer(true);
    const stream = client.open();
    client.session.sendHeaders(stream.stream, POST.slice(), [], false);
    exchange(client, origin);
    client.full = true;
    client.session.sendData(stream.stream, Buffer.alloc(10), false);
    client.take();
    for (let i = 0; i < 20; i++) client.session.sendData(stream.stream, Buffer.alloc(100_000), i === 19);
    expect(stream.log).toEqual([]);
    client.drain();
    exchange(client, origin);
    expect(origin.streams[0].body.length).toBe(2_000_010);
    expect(stream.log).toEqual(["drain"]);
  });

  it("tell of streams that a GOAWAY left out, to be asked for again", () => {
    const client = new Peer(false);
    const origin = new Peer(true);
    exchange(client, origin);
    const streams = [client.open(), client.open()];
    client.session.receive(frame(7, 0, 0, Buffer.concat([uint32(1), uint32(0)])));
    expect(streams.map((stream) => stream.log)).toEqual([[], [`reset ${REFUSED_STREAM} remote`]]);
    expect(client.session.canOpen).toBe(false);
  });

  it("follow a change of the initial window, also below what was sent", () => {
    const client = new Peer(false);
    const origin = new Peer(true);
    exchange(client, origin);
    const stream = client.open();
    client.session.sendHeaders(stream.stream, POST.slice(), [], false);
    client.session.receive(frame(4, 0, 0, settings(4, 10)));
    client.session.sendData(stream.stream, Buffer.alloc(50), true);
    exchange(client, origin);
    expect(origin.streams[0].body.length).toBe(10);
    client.session.receive(frame(4, 0, 0, settings(4, 5)));
    client.session.receive(frame(4, 0, 0, settings(4, 30)));
    exchange(client, origin);
    expect(origin.streams[0].body.length).toBe(30);
    client.session.receive(frame(8, 0, stream.stream.id, uint32(100)));
    exchange(client, origin);
    expect(origin.streams[0].ended).toBe(true);
  });

  it("give back everything when the connection goes", () => {
    const client = new Peer(false);
    const origin = new Peer(true);
    const stream = client.open();
    client.session.sendHeaders(stream.stream, GET.slice(), [], true);
    exchange(client, origin);
    origin.session.abandon(8);
    client.session.abandon(8);
    expect([stream.log, origin.streams[0].log]).toEqual([["reset 8 remote"], ["headers GET / end", "reset 8 remote"]]);
    expect(client.session.streams.size + origin.session.streams.size).toBe(0);
  });
});

describe("a client that opens streams and reads nothing", () => {
  it.each([10, 1000])("makes the server hold little, whatever the answers to its %i streams are", (count) => {
    const { peer, blocks } = server({ bufferLimit: 1024 * 1024 });
    let held = 0;
    peer.onNew = (stream) => {
      stream.onHead = () => {
        peer.session.sendHeaders(stream.stream, [":status", "200"], [], false);
        // What an upstream gives before it is held back: reads of 16 KiB.
        for (let i = 0; i < 1000; i++) {
          held += 16_384;
          if (!peer.session.sendData(stream.stream, Buffer.alloc(16_384), false)) return;
        }
      };
    };
    for (let i = 0; i < count; i++) peer.session.receive(head(blocks, 2 * i + 1, 5));
    peer.take();
    expect(peer.error).toBeNull();
    expect(held).toBeLessThan(4 * 1024 * 1024 + count * 2 * 16_384);
  });
});
