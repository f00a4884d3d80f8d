import { downstreamTlsFixture } from "../format/stream-info-fixture.ts";
import { describe, expect, it } from "vitest";
import type { RuntimeReader } from "../contract/filter.ts";
import type { HttpStream } from "../contract/stream.ts";
import { requestHeaders, streamInfoFixture } from "../format/stream-info-fixture.ts";
import { Matcher } from "../resources/matcher-tree.ts";
import type { TypedConfig } from "../resources/schema/any.ts";
import { decodeValue } from "../resources/schema/index.ts";
import { compileMatcher } from "./matcher-tree.ts";
import type { Problem } from "./problem.ts";

const noRuntime: RuntimeReader = {
  number: (_key, fallback) => fallback,
  boolean: (_key, fallback) => fallback,
  string: (_key, fallback) => fallback,
  fraction: (_key, numerator, denominator, draw) => draw % denominator < numerator,
};

/** Only what matchers read is there. */
function streamFixture(changes: Partial<HttpStream> = {}): HttpStream {
  return { ...streamInfoFixture({ clientAddress: "127.0.0.1", clientPort: 5000 }), ...changes } as HttpStream;
}

const NETWORK = "envoy.extensions.matching.common_inputs.network.v3";
const SSL = "envoy.extensions.matching.common_inputs.ssl.v3";
const extension = (type: string, more: object = {}): object => ({
  name: "x",
  typed_config: { "@type": `type.googleapis.com/${type}`, ...more },
});
const action = (name: string): object => ({ action: extension("test.Action", { name }) });

function compile(json: object): {
  find: (stream: HttpStream) => string | undefined;
  problems: Problem[];
} {
  const { value, errors } = decodeValue(Matcher, json, { file: "test" });
  if (value === undefined) throw new Error(JSON.stringify(errors));
  const problems: Problem[] = [];
  const node = compileMatcher<string>(value, {
    runtime: noRuntime,
    report: (problem) => problems.push(problem),
    compileAction: (config: TypedConfig) => String(config.toJson().name),
  });
  return { find: (stream) => node.match(stream, requestHeaders("GET", "/")), problems };
}

const exact = (input: object, value: string): object => ({
  matcher_tree: { input, exact_match_map: { map: { [value]: action("hit") } } },
});

describe("inputs of matchers", () => {
  const { connection } = streamFixture();
  const tls = downstreamTlsFixture({
    version: "TLSv1.3",
    cipher: "",
    peerPresented: true,
    peerValidated: true,
    peerSubject: "CN=client",
    peerUriSans: ["spiffe://a", "spiffe://b"],
    peerDnsSans: ["c.example"],
  });
  const secure = streamFixture({ connection: { ...connection, requestedServerName: "sni.example", tls } });
  it.each([
    [extension(`${NETWORK}.DestinationIPInput`), "127.0.0.1", streamFixture()],
    [extension(`${NETWORK}.DestinationPortInput`), "8080", streamFixture()],
    [extension(`${NETWORK}.SourceIPInput`), "127.0.0.1", streamFixture()],
    [extension(`${NETWORK}.SourcePortInput`), "5000", streamFixture()],
    [extension(`${NETWORK}.DirectSourceIPInput`), "10.0.0.9", streamFixture()],
    [extension(`${NETWORK}.TransportProtocolInput`), "raw_buffer", streamFixture()],
    [extension(`${NETWORK}.TransportProtocolInput`), "tls", secure],
    [extension(`${NETWORK}.ServerNameInput`), "sni.example", secure],
    [extension(`${SSL}.UriSanInput`), "spiffe://a,spiffe://b", secure],
    [extension(`${SSL}.DnsSanInput`), "c.example", secure],
    [extension(`${SSL}.SubjectInput`), "CN=client", secure],
    [extension(`${NETWORK}.FilterStateInput`, { key: "k" }), "v", streamFixture({ filterState: { k: "v" } })],
    [
      extension(`${NETWORK}.DynamicMetadataInput`, { filter: "f", path: [{ key: "a" }] }),
      "v",
      streamFixture({ dynamicMetadata: { f: { a: "v" } } }),
    ],
  ])("%j reads %s", (input, value, stream) => {
    const { find, problems } = compile(exact(input, value));
    expect(problems).toEqual([]);
    expect(find(stream)).toBe("hit");
    expect(compile(exact(input, "other")).find(stream)).toBeUndefined();
  });

  it("that are absent match nothing", () => {
    for (const input of [
      extension(`${SSL}.SubjectInput`),
      extension(`${NETWORK}.ServerNameInput`),
      extension(`${NETWORK}.FilterStateInput`, { key: "k" }),
    ]) {
      expect(compile({ ...exact(input, ""), on_no_match: action("miss") }).find(streamFixture())).toBe("miss");
    }
  });
});

describe("custom matchers", () => {
  const list = (custom: object): object => ({
    matcher_list: {
      matchers: [
        {
          predicate: { single_predicate: { input: extension(`${NETWORK}.SourceIPInput`), custom_match: custom } },
          on_match: action("hit"),
        },
      ],
    },
  });

  it("of address ranges", () => {
    const { find } = compile(
      list(
        extension("envoy.extensions.matching.input_matchers.ip.v3.Ip", {
          cidr_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }],
          stat_prefix: "s",
        }),
      ),
    );
    expect(find(streamFixture({ clientAddress: "10.1.1.1" }))).toBe("hit");
    expect(find(streamFixture({ clientAddress: "11.1.1.1" }))).toBeUndefined();
  });

  it("of runtime fractions", () => {
    const fraction = (numerator: number): object =>
      extension("envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction", {
        runtime_fraction: { default_value: { numerator } },
      });
    expect(compile(list(fraction(100))).find(streamFixture())).toBe("hit");
    expect(compile(list(fraction(0))).find(streamFixture())).toBeUndefined();
  });

  it("that nobody knows are reported, as are their mistakes", () => {
    expect(compile(list(extension("x.Y"))).problems.map((problem) => problem.code)).toEqual(["unknown_type_url"]);
    const bad = compile(exact(extension(`${NETWORK}.FilterStateInput`, { kee: "k" }), "a"));
    expect(bad.problems.map((problem) => problem.error?.code ?? "")).toContain("unknown_field");
  });
});
