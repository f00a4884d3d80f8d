import { describe, expect, it } from "vitest";
import {
  addressBytes,
  type ChainCriteria,
  chooseFilterChain,
  type Cidr,
  cidrContains,
  type ChainFacts,
  matchesEverything,
} from "./filter-chain-match.ts";

const ANY: ChainCriteria = {
  prefixRanges: [],
  serverNames: [],
  transportProtocol: "",
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: "ANY",
  sourcePrefixRanges: [],
  sourcePorts: [],
};
const FACTS: ChainFacts = {
  localPort: 8080,
  localAddress: "10.1.2.3",
  serverName: "",
  transportProtocol: "raw_buffer",
  applicationProtocols: [],
  remoteAddress: "192.168.7.9",
  directRemoteAddress: "192.168.7.9",
  remotePort: 40_000,
};

function cidr(text: string): Cidr {
  const [prefix, length] = text.split("/");
  return { bytes: addressBytes(prefix)!, length: Number(length) };
}

describe("addresses", () => {
  it.each([
    ["1.2.3.4", [1, 2, 3, 4]],
    ["::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["2001:db8::ff00:42", [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x42]],
    ["::ffff:1.2.3.4", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4]],
  ])("%s", (text, bytes) => expect(addressBytes(text)).toEqual(bytes));

  it.each(["", "1.2.3", "1.2.3.256", "1.2.3.4.5", "::1::", "12345::", "x"])("%j is none", (text) =>
    expect(addressBytes(text)).toBeUndefined(),
  );

  it.each([
    ["10.0.0.0/8", "10.200.1.1", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.1.2.0/23", "10.1.3.9", true],
    ["10.1.2.0/23", "10.1.4.0", false],
    ["0.0.0.0/0", "8.8.8.8", true],
    ["0.0.0.0/0", "::1", false],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
  ])("%s holds %s: %s", (range, ip, held) => expect(cidrContains(cidr(range), addressBytes(ip)!)).toBe(held));
});

describe("the chain of a connection", () => {
  const choose = (chains: readonly Partial<ChainCriteria>[], facts: Partial<ChainFacts> = {}): number =>
    chooseFilterChain(
      chains.map((c) => ({ ...ANY, ...c })),
      { ...FACTS, ...facts },
    );

  it("is the one without criteria when nothing else matches", () => expect(choose([{ destinationPort: 1 }, {}])).toBe(1));
  it("is none when all criteria fail", () => expect(choose([{ destinationPort: 1 }, { sourcePorts: [2] }])).toBe(-1));
  it("is chosen by port before all else", () =>
    expect(choose([{ prefixRanges: [cidr("10.1.2.3/32")] }, { destinationPort: 8080 }])).toBe(1));
  it("is the longest destination prefix", () =>
    expect(
      choose([{ prefixRanges: [cidr("10.0.0.0/8")] }, { prefixRanges: [cidr("10.1.0.0/16"), cidr("11.0.0.0/8")] }, {}]),
    ).toBe(1));
  it("prefers an exact server name to a wildcard, and the longer wildcard", () => {
    const chains = [{ serverNames: ["*.com"] }, { serverNames: ["*.example.com"] }, { serverNames: ["www.example.com"] }];
    expect(choose(chains, { serverName: "www.example.com" })).toBe(2);
    expect(choose(chains, { serverName: "api.example.com" })).toBe(1);
    expect(choose(chains, { serverName: "example.org" })).toBe(-1);
    expect(choose(chains, { serverName: "example.com" })).toBe(0);
  });
  it("is chosen by transport protocol and ALPN", () => {
    const chains = [
      { transportProtocol: "tls", applicationProtocols: ["h2"] },
      { transportProtocol: "tls" },
      { transportProtocol: "raw_buffer" },
    ];
    expect(choose(chains)).toBe(2);
    expect(choose(chains, { transportProtocol: "tls", applicationProtocols: ["http/1.1"] })).toBe(1);
    expect(choose(chains, { transportProtocol: "tls", applicationProtocols: ["h2", "http/1.1"] })).toBe(0);
  });
  it("tells a local source from an external one", () => {
    const chains: Partial<ChainCriteria>[] = [{ sourceType: "SAME_IP_OR_LOOPBACK" }, { sourceType: "EXTERNAL" }];
    expect(choose(chains)).toBe(1);
    expect(choose(chains, { remoteAddress: "127.0.0.1" })).toBe(0);
    expect(choose(chains, { remoteAddress: "10.1.2.3" })).toBe(0);
  });
  it("is chosen by source prefix, then by source port", () => {
    const chains = [
      { sourcePrefixRanges: [cidr("192.168.0.0/16")] },
      { sourcePrefixRanges: [cidr("192.168.0.0/16")], sourcePorts: [40_000] },
      { sourcePorts: [40_000] },
    ];
    expect(choose(chains)).toBe(1);
    expect(choose(chains, { remotePort: 1 })).toBe(0);
    expect(choose(chains, { remoteAddress: "172.16.0.1" })).toBe(2);
  });
  it("does not come back from a criterion that narrowed the choice (Envoy: no backtracking)", () => {
    // The exact name keeps only the first chain; that its source port fails afterwards leaves none.
    const chains = [{ serverNames: ["a.com"], sourcePorts: [1] }, { serverNames: ["*.com"] }];
    expect(choose(chains, { serverName: "a.com" })).toBe(-1);
  });
  it("needs nothing known of the connection when it matches everything", () => {
    expect(matchesEverything(ANY)).toBe(true);
    expect(matchesEverything({ ...ANY, sourcePorts: [1] })).toBe(false);
  });
});
