import { describe, expect, it } from "vitest";
import { readProxyHeader } from "./proxy-header.ts";

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const V4 = [10, 1, 2, 3, 10, 4, 5, 6, 0x30, 0x39, 0, 80];
const V6 = [...Array<number>(15).fill(0), 1, 0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 2, 0, 1, 0xff, 0xff];

function v2(command: number, family: number, body: number[], length = body.length): Buffer {
  return Buffer.from([...SIGNATURE, command, family, length >> 8, length & 255, ...body]);
}
const text = (line: string): Buffer => Buffer.from(line, "latin1");
const tcp4 = { remote: "10.1.2.3", remotePort: 12_345, local: "10.4.5.6", localPort: 80 };

describe("version 1", () => {
  it.each([
    ["PROXY TCP4 10.1.2.3 10.4.5.6 12345 80\r\n", tcp4],
    ["PROXY TCP4 240.0.0.1 1.0.0.0 65535 0\r\n", { remote: "240.0.0.1", remotePort: 65_535, local: "1.0.0.0", localPort: 0 }],
    ["PROXY TCP6 ::1 2001:db8::2 1 2\r\n", { remote: "::1", remotePort: 1, local: "2001:db8::2", localPort: 2 }],
    ["PROXY TCP6 0:0:0:0:0:FFFF:1.2.3.4 ::1 1 2\r\n", { remote: "1.2.3.4", remotePort: 1, local: "::1", localPort: 2 }],
    ["PROXY UNKNOWN\r\n", null],
    ["PROXY UNKNOWN ffff:f...f:ffff ffff 65535 65535\r\n", null],
  ])("%j", (line, addresses) => {
    const bytes = text(`${line}GET /`);
    expect(readProxyHeader(bytes)).toEqual({ version: 1, length: line.length, addresses, values: [] });
    for (let length = 1; length < line.length; length++) expect(readProxyHeader(bytes.subarray(0, length))).toBe("more");
  });

  it.each([
    "PROXY TCP4 0.0.0.0 10.4.5.6 12345 80\r\n",
    "PROXY TCP4 10.1.2.3 255.255.255.255 12345 80\r\n",
    "PROXY TCP4 239.1.2.3 10.4.5.6 12345 80\r\n",
    "PROXY TCP6 :: ::1 1 2\r\n",
    "PROXY TCP6 ::1 ff02::1 1 2\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 12345 80\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 12345\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 12345 80 1\r\n",
    "PROXY  TCP4 10.1.2.3 10.4.5.6 12345 80\r\n",
    "PROXY TCP4  10.1.2.3 10.4.5.6 12345 80\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 12345 80 \r\n",
    "PROXY tcp4 10.1.2.3 10.4.5.6 12345 80\r\n",
    "PROXY TCP5 10.1.2.3 10.4.5.6 12345 80\r\n",
    "PROXY TCP4 ::1 ::2 12345 80\r\n",
    "PROXY TCP6 10.1.2.3 10.4.5.6 12345 80\r\n",
    "PROXY TCP4 10.1.2.256 10.4.5.6 12345 80\r\n",
    "PROXY TCP4 10.1.2 10.4.5.6 12345 80\r\n",
    "PROXY TCP4 010.1.2.3 10.4.5.6 12345 80\r\n",
    "PROXY TCP4 10.1.2.3 localhost 12345 80\r\n",
    "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    "PROXY TCP6 1::2::3 ::1 1 2\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 65536 80\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 -1 80\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 +1 80\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 0x1 80\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 01 80\r\n",
    "PROXY TCP4 10.1.2.3 10.4.5.6 1e3 80\r\n",
    "PROXY TCP4 10.1.2.3\t10.4.5.6 1 80\r\n",
    "PROXY UNKNOWNX\r\n",
    "PROXY \r\n",
    `PROXY UNKNOWN ${"x".repeat(100)}\r\n`,
    `PROXY ${"x".repeat(200)}`,
  ])("refuses %j", (line) => {
    expect(readProxyHeader(text(line))).toMatchObject({ version: 1, error: expect.any(String) as string });
  });
});

describe("version 2", () => {
  it.each<[string, Buffer, object | null, [number, string][]]>([
    ["IPv4", v2(0x21, 0x11, V4), tcp4, []],
    ["IPv4, datagrams", v2(0x21, 0x12, V4), tcp4, []],
    ["IPv6", v2(0x21, 0x21, V6), { remote: "::1", remotePort: 1, local: "2001:db8::2", localPort: 65_535 }, []],
    ["LOCAL", v2(0x20, 0x00, []), null, []],
    ["LOCAL with what is to be skipped", v2(0x20, 0x11, [1, 2, 3]), null, []],
    [
      "values",
      v2(0x21, 0x11, [...V4, 2, 0, 3, 0x61, 0x62, 0x63, 0xea, 0, 0]),
      tcp4,
      [
        [2, "abc"],
        [0xea, ""],
      ],
    ],
  ])("%s", (_, bytes, addresses, values) => {
    const result = readProxyHeader(Buffer.concat([bytes, text("rest")]));
    expect(result).toMatchObject({ version: 2, length: bytes.length, addresses });
    const found = typeof result === "object" && "values" in result ? result.values : [];
    expect(found.map(({ type, value }) => [type, value.toString()])).toEqual(values);
    for (let length = 1; length < bytes.length; length++) expect(readProxyHeader(bytes.subarray(0, length))).toBe("more");
  });

  it.each([
    ["another version", v2(0x11, 0x11, V4)],
    ["another command", v2(0x22, 0x11, V4)],
    ["another family", v2(0x21, 0x41, V4)],
    ["another protocol", v2(0x21, 0x13, V4)],
    ["too few bytes for IPv4", v2(0x21, 0x11, V4.slice(0, 11))],
    ["too few bytes for IPv6", v2(0x21, 0x21, V6.slice(0, 35))],
    ["a family that the proxy does not know", v2(0x21, 0x00, [])],
    ["Unix", v2(0x21, 0x31, Array<number>(216).fill(0))],
    ["no protocol", v2(0x21, 0x10, V4)],
    ["an unspecified address", v2(0x21, 0x11, [0, 0, 0, 0, ...V4.slice(4)])],
    ["a multicast address", v2(0x21, 0x21, [255, ...V6.slice(1)])],
    ["a value beyond the header", v2(0x21, 0x11, [...V4, 2, 0, 4, 1])],
    ["a value cut in its length", v2(0x21, 0x11, [...V4, 2, 0])],
  ])("refuses %s", (_, bytes) => {
    expect(readProxyHeader(bytes)).toMatchObject({ version: 2, error: expect.any(String) as string });
  });
});

describe("no header", () => {
  it.each(["GET / HTTP/1.1\r\n", "PROXy TCP4", "PRI * HTTP/2.0", "\r\n\r\nX", "\u0016\u0003\u0001"])("%j", (bytes) =>
    expect(readProxyHeader(text(bytes))).toBe("none"),
  );
  it.each(["P", "PROXY", "\r", "\r\n\r\n"])("may still become one: %j", (bytes) =>
    expect(readProxyHeader(text(bytes))).toBe("more"),
  );
});
