import { downstreamTlsFixture } from "./stream-info-fixture.ts";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../contract/cluster.ts";
import { ResponseFlag } from "../contract/response-flags.ts";
import type { StreamInfo } from "../contract/stream.ts";
import { compileFormat } from "./compile-format.ts";
import { FormatError } from "./format-error.ts";
import type { Command } from "./operator.ts";
import { requestHeaders, responseHeaders, streamInfoFixture } from "./stream-info-fixture.ts";

const base = streamInfoFixture();
const peer = { ...base.connection, remoteAddress: "2001:db8:1:2:3::9", remotePort: 5, requestedServerName: "sni.example" };
const tls = downstreamTlsFixture({
  version: "TLSv1.3",
  cipher: "TLS_AES_128_GCM_SHA256",
  peerPresented: true,
  peerValidated: true,
  peerSubject: "CN=a\nb",
  peerUriSans: ["spiffe://a/b", "spiffe://c"],
  peerDnsSans: [],
});
const grpc = requestHeaders("POST", "/s/M", ["content-type", "application/grpc+proto"]);
const route = { name: "main", virtualHost: "vh", config: [], metadata: { r: { s: 5, deep: { a: ["x"] } } }, resource: {} };

/** Expected texts are what Envoy 1.40 writes for the same exchange, but where a test says otherwise. */
const CASES: readonly (readonly [format: string, text: string, changes?: Partial<StreamInfo>])[] = [
  ["", ""],
  ["plain", "plain"],
  ["100%% é", "100% Ã©"],
  [
    "%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %REQ(host)% %REQ(:scheme)%",
    "GET /p/q?a=1%202&b=3 example.org example.org http",
  ],
  ["%REQ(User-Agent)%|%REQ(USER-AGENT):4%|%REQ(user-agent):0%|%REQ(NOPE)%", "curl/7.88.1|curl||-"],
  ["%REQ(X-A?X-B)%", "b", { request: requestHeaders("GET", "/", ["x-b", "b"]) }],
  ["%REQ(X-A?X-B)%", "first", { request: requestHeaders("GET", "/", ["x-b", "b", "x-a", "first", "x-a", "second"]) }],
  ["%REQ(x-empty)%.", ".", { request: requestHeaders("GET", "/", ["x-empty", ""]) }],
  ['"%REQ(x-a)%"', '"q"\\ \xff\xc3\xa9"', { request: requestHeaders("GET", "/", ["x-a", 'q"\\ \xff\xc3\xa9']) }],
  ["%REQUEST_HEADER(:method)% %RESPONSE_HEADER(:status)% %RESP(content-type)% %TRAILER(x)%", "GET 200 text/plain -"],
  ["%TRAILER(x)% %RESPONSE_TRAILER(x?y)%", "1 1", { responseTrailers: responseHeaders(0, ["x", "1"]) }],
  ["%RESP(:STATUS)%", "-", { response: null }],
  ["%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH):3%", "/p/"],
  ["%PATH%|%PATH(NQ)%|%PATH(WQ:ORIG)%|%PATH(NQ:PATH):2%", "/p/q?a=1%202&b=3|/p/q|-|/p"],
  ["%PATH%|%PATH(NQ:ORIG)%", "/orig?x|/orig", { request: requestHeaders("GET", "/new", ["x-envoy-original-path", "/orig?x"]) }],
  ["%QUERY_PARAM(a)%|%QUERY_PARAM(c)%|%QUERY_PARAM(b):0%|%QUERY_PARAMS%|%QUERY_PARAMS(DECODED)%", "1 2|-||a=1%202&b=3|a=1 2&b=3"],
  ["%QUERY_PARAM(a)%|%QUERY_PARAMS%", "-|-", { request: requestHeaders("GET", "/") }],
  // Envoy writes the line end itself: a client could forge a line of the log.
  ["%QUERY_PARAM(a)%", '1\\n2\\x00"', { request: requestHeaders("GET", "/?a=1%0a2%00%22&b") }],
  ["%PROTOCOL% %UPSTREAM_PROTOCOL% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%", "HTTP/1.1 HTTP/1.1 200 via_upstream"],
  [
    "%UPSTREAM_PROTOCOL% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%",
    "- 0 -",
    { upstreamProtocol: "", responseCode: 0, responseCodeDetails: "" },
  ],
  ["%RESPONSE_CODE_DETAILS%|%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%", "a_b__c|a b\t c", { responseCodeDetails: "a b\t c" }],
  ["%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", "- -"],
  [
    "%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%",
    "URX,UF UpstreamRetryLimitExceeded,UpstreamConnectionFailure",
    { responseFlags: ResponseFlag.UpstreamRetryLimitExceeded | ResponseFlag.UpstreamConnectionFailure },
  ],
  ["%BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %CONNECTION_ID%", "0 6 1 3"],
  ["%DURATION% %REQUEST_DURATION% %REQUEST_TX_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%", "30 0 1 29 0"],
  ["%DURATION% %REQUEST_TX_DURATION% %RESPONSE_TX_DURATION%", "- - -", { endTime: -1, upstreamRequestEndTime: -1 }],
  ["%DURATION%", "3000000000", { endTime: 3_000_001_000.5 }],
  [
    "%COMMON_DURATION(DS_RX_BEG:DS_TX_END)% %COMMON_DURATION(US_TX_BEG:US_RX_BEG:us)% %COMMON_DURATION(US_TX_BEG:US_TX_END:ns)%",
    "30 28750 500000",
  ],
  ["%COMMON_DURATION(DS_TX_END:DS_RX_BEG)% %COMMON_DURATION(US_TX_BEG:DS_TX_END)%", "- -", { upstreamStartTime: -1 }],
  ["%START_TIME%", "2026-11-24T02:51:13.998Z"],
  ["%START_TIME(%s.%3f)% %START_TIME(%Y/%m/%dT%H:%M:%S%z)% %START_TIME(é%Q)%", "1795488673.998 2026/11/24T02:51:13+0000 Ã©%Q"],
  ["%EMIT_TIME%", "2026-11-24T02:51:14.028Z"],
  [
    "%UPSTREAM_HOST% %UPSTREAM_HOST_NAME% %UPSTREAM_HOST_NAME_WITHOUT_PORT% %UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW%",
    "127.0.0.1:9001 127.0.0.1:9001 127.0.0.1 o o",
  ],
  ["%UPSTREAM_HOST% %UPSTREAM_HOST_NAME% %UPSTREAM_CLUSTER%", "- - -", { upstreamHost: null, upstreamCluster: "" }],
  ["%UPSTREAM_HOST_NAME%", "name", { upstreamHost: { address: "127.0.0.1:1", hostname: "name", cluster: "o" } }],
  ["%UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_REMOTE_PORT%", "127.0.0.1:9001 127.0.0.1 9001"],
  [
    "%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_REMOTE_PORT%",
    "::1 80",
    { upstreamHost: { address: "[::1]:80", hostname: "", cluster: "o" } },
  ],
  [
    "%UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(8)% %UPSTREAM_LOCAL_PORT%",
    "127.0.0.1:50000 127.0.0.0/8 50000",
  ],
  ["%UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %UPSTREAM_LOCAL_PORT%", "- - -", { upstreamLocalAddress: "" }],
  ["%UPSTREAM_TRANSPORT_FAILURE_REASON%", "-"],
  ["%UPSTREAM_TRANSPORT_FAILURE_REASON%", "TLS_error:\\nbad", { upstreamTransportFailure: "TLS error:\nbad" }],
  ["%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%", "192.0.2.7:0 192.0.2.7 0"],
  ["%DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_PORT%", "10.0.0.9:41234 41234"],
  [
    "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT(48)%",
    "[2001:db8:1:2:3::9]:5 2001:db8:1::/48",
    { connection: peer },
  ],
  ["%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_PORT%", "127.0.0.1:8080 127.0.0.1 8080"],
  ["%REQUESTED_SERVER_NAME% %REQUESTED_SERVER_NAME(SNI_FIRST)% %REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)%", "- example.org -"],
  [
    "%REQUESTED_SERVER_NAME% %REQUESTED_SERVER_NAME(SNI_FIRST)% %REQUESTED_SERVER_NAME(HOST_FIRST:HOST)%",
    "sni.example sni.example example.org",
    { connection: peer },
  ],
  ["%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %DOWNSTREAM_PEER_SUBJECT%", "- - -"],
  [
    "%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_PEER_DNS_SAN%",
    "TLSv1.3 CN=a\\nb spiffe://a/b,spiffe://c -",
    { connection: { ...peer, tls } },
  ],
  ["%ROUTE_NAME% %VIRTUAL_HOST_NAME% %METADATA(ROUTE:r:s)%", "- - -"],
  [
    "%ROUTE_NAME% %VIRTUAL_HOST_NAME% %METADATA(ROUTE:r:s)% %METADATA(ROUTE:r:deep)%",
    'main vh 5 {"a":["x"]}',
    { matchedRoute: route },
  ],
  ["%STREAM_ID%", "dce76e3a-a03d-410b-91f7-25eca84851d7"],
  ["%STREAM_ID%", "-", { requestId: "" }],
  ["%STREAM_ID%", "7", { requestId: "", protocol: "" }],
  ["%GRPC_STATUS% %GRPC_STATUS_NUMBER%", "- -"],
  ["%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)%", "Unknown UNKNOWN 2", { request: grpc }],
  [
    "%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS_NUMBER%",
    "Canceled CANCELLED 1",
    { request: grpc, responseTrailers: responseHeaders(0, ["grpc-status", "1"]) },
  ],
  ["%GRPC_STATUS% %GRPC_STATUS_NUMBER%", "77 77", { request: grpc, response: responseHeaders(200, ["grpc-status", "77"]) }],
  ["%GRPC_STATUS%", "-1", { request: grpc, response: responseHeaders(200, ["grpc-status", "x"]) }],
  ["%DYNAMIC_METADATA(a)% %DYNAMIC_METADATA(a:b)%", "- -"],
  [
    "%DYNAMIC_METADATA(a)%|%DYNAMIC_METADATA(a:s):2%|%DYNAMIC_METADATA(a:o):2%|%DYNAMIC_METADATA(a:o:n)%|%DYNAMIC_METADATA(a:constructor)%",
    '{"s":"tÃ©xt\\n","o":{"n":1}}|tÃ|{"n":1}|1|-',
    { dynamicMetadata: { a: { s: "téxt\n", o: { n: 1 } } } },
  ],
  ["%DYNAMIC_METADATA(a:s)%", "x\\ny", { dynamicMetadata: { a: { s: "x\ny" } } }],
  ["%FILTER_STATE(k)%", "-"],
  [
    "%FILTER_STATE(k)% %FILTER_STATE(k:PLAIN)% %FILTER_STATE(o:FIELD:f)% %FILTER_STATE(o)% %FILTER_STATE(k:PLAIN):1%",
    '"v" v 3 {"f":3} v',
    { filterState: { k: "v", o: { f: 3 } } },
  ],
  ["%ENVIRONMENT(ISTHMUS_TEST_UNSET)%", "-"],
  ["%ACCESS_LOG_TYPE% %VIRTUAL_CLUSTER_NAME% %CONNECTION_TERMINATION_DETAILS% %TRACE_ID%", "DownstreamEnd - - -"],
  ["%REQUEST_HEADERS_BYTES% %RESPONSE_HEADERS_BYTES% %RESPONSE_TRAILERS_BYTES%", "186 78 0"],
  ['%COALESCE({"operators": ["REQUESTED_SERVER_NAME", {"command": "REQ", "param": ":authority", "max_length": 7}]}):3%', "exa"],
];

describe("compileFormat", () => {
  for (const [format, text, changes] of CASES) {
    test(format, () => expect(compileFormat(format).format(streamInfoFixture(changes))).toBe(text));
  }

  test("absent values are empty with omit_empty_values, flags are not", () => {
    const { format } = { format: compileFormat("[%REQ(NOPE)%|%RESPONSE_FLAGS%|%GRPC_STATUS%]", { omitEmptyValues: true }) };
    expect(format.format(base)).toBe("[|-|]");
  });

  test("a format without operators of its own is constant", () => {
    process.env.ISTHMUS_TEST_SET = "vàlue";
    expect(compileFormat("a%%b %ENVIRONMENT(ISTHMUS_TEST_SET):3%").constant).toBe("a%b v\xc3\xa0");
    expect(compileFormat("a%%b %REQ(a)%").constant).toBeUndefined();
  });

  test("clusters give alt_stat_name and metadata", () => {
    const cluster = { altStatName: "alt", metadata: { ns: { k: "v" } } } as unknown as Cluster;
    const clusters = { get: (name: string) => (name === "o" ? cluster : undefined) };
    const formatter = compileFormat("%UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW% %CLUSTER_METADATA(ns:k)% %METADATA(CLUSTER:ns)%", {
      clusters,
    });
    expect(formatter.format(base)).toBe('alt o v {"k":"v"}');
    expect(formatter.format({ ...base, upstreamCluster: "other" })).toBe("other other - -");
  });

  test("an endpoint's metadata is read where it has some", () => {
    const upstreamHost = { address: "a:1", hostname: "", cluster: "o", metadata: { ns: { k: true } } };
    expect(compileFormat("%UPSTREAM_METADATA(ns:k)%").format({ ...base, upstreamHost })).toBe("true");
    expect(compileFormat("%UPSTREAM_METADATA(ns:k)%").format(base)).toBe("-");
  });

  test("what can't be written as JSON is no value", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(compileFormat("%DYNAMIC_METADATA(a)%").format({ ...base, dynamicMetadata: { a: loop } })).toBe("-");
  });

  test("unique ids differ", () => {
    const formatter = compileFormat("%UNIQUE_ID%");
    expect(formatter.format(base)).toMatch(/^[\da-f-]{36}$/);
    expect(formatter.format(base)).not.toBe(formatter.format(base));
  });

  test("commands of an extension win over built-in ones", () => {
    const command: Command = { argument: "none", length: true, make: () => ({ read: () => "mine", json: "string" }) };
    expect(
      compileFormat("%PROTOCOL% %MINE:2%", {
        commands: new Map([
          ["PROTOCOL", command],
          ["MINE", command],
        ]),
      }).format(base),
    ).toBe("mine mi");
  });
});

const MISTAKES: readonly (readonly [format: string, index: number, message: RegExp])[] = [
  ["%FOO%", 0, /no operator %FOO%/],
  ["ab%%%RESPONSE_COD%", 4, /did you mean %RESPONSE_CODE%/],
  ["%REQ%", 0, /wants an argument/],
  ["%REQ()%", 0, /wants an argument/],
  ["%REQ(a?b?c)%", 0, /at most one alternative/],
  ["%REQ(a b)%", 0, /"a b" is not a header's name/],
  ["%REQ(a?)%", 0, /"" is not a header's name/],
  ["%REQ(a):x%", 0, /is no operator/],
  ["%REQ(a):-1%", 0, /is no operator/],
  ["x %REQ(a", 2, /is no operator/],
  ["100%", 3, /%% for a percent sign/],
  ["abc % d", 4, /is no operator/],
  ["%req(a)%", 0, /is no operator/],
  ["%RESPONSE_CODE:3%", 0, /takes no maximum length/],
  ["%RESPONSE_CODE(x)%", 0, /takes no argument/],
  ["%START_TIME(%n)%", 0, /line end/],
  ["%START_TIME:3%", 0, /takes no maximum length/],
  ["%PATH(XX)%", 0, /WQ or NQ/],
  ["%PATH(WQ:YY)%", 0, /ORIG, PATH/],
  ["%GRPC_STATUS(foo)%", 0, /CAMEL_STRING/],
  ["%COMMON_DURATION(a)%", 0, /START:END/],
  ["%COMMON_DURATION(DS_RX_BEG:DS_TX_END:c)%", 0, /ms, us or ns/],
  ["%COMMON_DURATION(DS_RX_BEG:b)%", 0, /wanted two of/],
  ["%FILTER_STATE(a:FOO)%", 0, /KEY:PLAIN/],
  ["%FILTER_STATE(a:FIELD)%", 0, /name of a field/],
  ["%QUERY_PARAMS(FOO)%", 0, /ORIG or DECODED/],
  ["%REQUESTED_SERVER_NAME(FOO)%", 0, /SNI_ONLY/],
  ["%METADATA(FOO:a)%", 0, /DYNAMIC:/],
  ["%DYNAMIC_METADATA(:a)%", 0, /namespace/],
  ["%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(129)%", 0, /prefix length/],
  ["%COALESCE({)%", 0, /wanted JSON/],
  ['%COALESCE({"operators": ["NOPE"]})%', 0, /no operator %NOPE%/],
];

describe("a format with a mistake is refused", () => {
  test.each(MISTAKES)("%s", (format, index, message) => {
    const error = thrown(() => compileFormat(format));
    expect(error.message).toMatch(message);
    expect(error.index).toBe(index);
    expect(error.unsupported).toBe(false);
  });

  test.each(["%CEL(request.path)%", "%UPSTREAM_WIRE_BYTES_SENT%", "%DOWNSTREAM_TLS_GROUP%"])(
    "%s is Envoy's, but not supported",
    (format) => {
      expect(thrown(() => compileFormat(format))).toMatchObject({
        unsupported: true,
        message: expect.stringContaining("not supported") as string,
      });
    },
  );
});

function thrown(run: () => unknown): FormatError {
  try {
    run();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
