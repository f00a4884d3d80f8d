import { describe, expect, test } from "vitest";
import { compileJsonFormat } from "./compile-json-format.ts";
import type { JsonFormat } from "./compile-json-format.ts";
import { FormatError } from "./format-error.ts";
import { requestHeaders, streamInfoFixture } from "./stream-info-fixture.ts";

const odd = streamInfoFixture({
  request: requestHeaders("GET", "/?a=1%0a2%22", [
    "x-a",
    'q\xff\xc3\xa9"\\\t/\x80 \xe2\x82\xac z',
    "x-u",
    '\xc3\xa9\xe2\x82\xac"\\\t/z',
    "x-empty",
    "",
  ]),
  dynamicMetadata: { a: { b: 1, c: [true, "x\n", null], d: "é" } },
});

/** Expected lines are Envoy 1.40's. */
const CASES: readonly (readonly [name: string, format: { readonly [key: string]: JsonFormat }, json: string])[] = [
  [
    "keys are sorted, numbers stay numbers",
    { n: "%RESPONSE_CODE%", d: "%DURATION%", a: "%BYTES_SENT%" },
    '{"a":6,"d":30,"n":200}',
  ],
  [
    "with text around it a number is text",
    { c: "x%RESPONSE_CODE%", p: "%RESPONSE_CODE%%%", two: "%RESPONSE_CODE%%RESPONSE_CODE%" },
    '{"c":"x200","p":"200%","two":"200200"}',
  ],
  [
    "absent values are null",
    { a: "%REQ(NOPE)%", g: "%GRPC_STATUS_NUMBER%", m: "a=%REQ(NOPE)% b=%REQ(:METHOD)%" },
    '{"a":null,"g":null,"m":"a=- b=GET"}',
  ],
  ["flags without bits are a dash", { f: "%RESPONSE_FLAGS%" }, '{"f":"-"}'],
  [
    "values that are no text stay",
    { big: 123456789012, t: true, nul: null, half: 5.5, neg: -7 },
    '{"big":123456789012,"half":5.5,"neg":-7,"nul":null,"t":true}',
  ],
  [
    "structures nest",
    { n: { b: ["%REQ(:PATH)%", 5, null, {}, []], a: "%PROTOCOL%" } },
    '{"n":{"a":"HTTP/1.1","b":["/?a=1%0a2%22",5,null,{},[]]}}',
  ],
  ["texts are escaped", { 'k"é': 'é"', t: "\t\u0001/", s: "" }, '{"k\\"Ã©":"Ã©\\"","s":"","t":"\\t\\u0001/"}'],
  [
    "UTF-8 passes",
    { u: "%REQ(x-u)%", au: "x%REQ(x-u)%" },
    '{"au":"x\xc3\xa9\xe2\x82\xac\\"\\\\\\t/z","u":"\xc3\xa9\xe2\x82\xac\\"\\\\\\t/z"}',
  ],
  [
    "other bytes are escaped one by one",
    { a: "%REQ(x-a)%" },
    '{"a":"q\\u00ff\\u00c3\\u00a9\\u0022\\u005c\\u0009/\\u0080 \\u00e2\\u0082\\u00ac z"}',
  ],
  ["lengths count in JSON, too", { a: "%REQ(x-u):2%", e: "%REQ(x-empty)%" }, '{"a":"\xc3\xa9","e":""}'],
  [
    "metadata keeps its type",
    { a: "%DYNAMIC_METADATA(a)%", b: "%DYNAMIC_METADATA(a:b)%", d: "%DYNAMIC_METADATA(a:d)%" },
    '{"a":{"b":1,"c":[true,"x\\n",null],"d":"Ã©"},"b":1,"d":"Ã©"}',
  ],
  [
    "ports are numbers, addresses texts",
    { p: "%DOWNSTREAM_LOCAL_PORT%", a: "%DOWNSTREAM_LOCAL_ADDRESS%", s: "%START_TIME(%s)%" },
    '{"a":"127.0.0.1:8080","p":8080,"s":"1795488673"}',
  ],
];

describe("compileJsonFormat", () => {
  test.each(CASES)("%s", (_, format, json) => {
    expect(compileJsonFormat(format).format(odd)).toBe(json);
    expect(JSON.parse(Buffer.from(json, "latin1").toString("utf8"))).toBeTypeOf("object");
  });

  test("omit_empty_values leaves out what is absent, and objects that are left empty, but not lists", () => {
    const format = {
      a: "%REQ(x-u):2%",
      e: "%REQ(x-empty)%",
      n: { z: "%REQ(nope)%", y: { w: "%REQ(nope)%" } },
      arr: ["%REQ(nope)%", "x"],
      nul: null,
      s: "",
      nn: {},
      aa: [],
      m: "%REQ(nope)%%REQ(nope)%",
      num: "%GRPC_STATUS_NUMBER%",
    };
    const formatter = compileJsonFormat(format, { omitEmptyValues: true }, "\n");
    expect(formatter.format(odd)).toBe('{"a":"\xc3\xa9","aa":[],"arr":["x"],"e":"","m":"","s":""}\n');
    expect(compileJsonFormat({ n: "%REQ(nope)%" }, { omitEmptyValues: true }).format(odd)).toBe("{}");
  });

  test("JSON without operators is constant", () => {
    expect(compileJsonFormat({ a: [1, "x"] }, {}, "\n").constant).toBe('{"a":[1,"x"]}\n');
  });

  test("a mistake names the key", () => {
    expect(() => compileJsonFormat({ a: { b: ["%FOO%"] } })).toThrow(FormatError);
    expect(() => compileJsonFormat({ a: { b: ["x", "%FOO%"] } })).toThrow("a.b[1]: there is no operator %FOO%");
  });
});
