import { describe, expect, expectTypeOf, it } from "vitest";
import type { Infer, Schema } from "./index.ts";
import {
  any,
  bool,
  boolValue,
  bytes,
  DecodeContext,
  decodeText,
  decodeValue,
  double,
  duration,
  enumOf,
  formatErrors,
  headerName,
  int64,
  lazy,
  list,
  map,
  message,
  nodeOf,
  orEmpty,
  parse,
  required,
  string,
  struct,
  uint32,
  uint32Value,
  uint64,
  unsupported,
  value,
  whereOf,
  withDefault,
} from "./index.ts";

const Leg = message("example.Leg", { length: uint32({ min: 1, required: true }), left: boolValue() });
const Pet = message(
  "example.Pet",
  {
    name: string({ minLength: 1, required: true }),
    nickName: string({ default: "" }),
    nap: duration({ default: 600_000 }),
    kind: enumOf(["CAT", "DOG", "NEWT"], { default: "CAT", unsupported: ["NEWT"] }),
    legs: list(Leg, { max: 4 }),
    home: orEmpty(message("example.Home", { street: string({ default: "Elm" }) })),
    owner: string(),
    shelter: string(),
    tags: map(string()),
    extra: struct(),
    chip: unsupported("chips are not read", ["false"]),
    plugin: any(),
    raw: bytes(),
    proxy100: bool(),
  },
  {
    oneofs: [{ name: "keeper", fields: ["owner", "shelter"] }],
    protoNames: { proxy100: "proxy_100" },
    check: ({ nap, legs }, complain) => {
      if (nap === 0 && legs.length > 0) complain("a pet with legs must nap", "nap");
    },
  },
);
type Pet = Infer<typeof Pet>;

const read = <V>(schema: Schema<V, unknown>, text: string): V | undefined => {
  const { value: decoded, errors } = decodeText(schema, text, { file: "pet.yaml" });
  expect(formatErrors(errors)).toBe("");
  return decoded;
};
const complaints = (schema: Schema<unknown, unknown>, text: string): string =>
  formatErrors(decodeText(schema, text, { file: "pet.yaml" }).errors);

describe("a message", () => {
  it("has a static type that follows from its fields", () => {
    expectTypeOf<Pet["name"]>().toEqualTypeOf<string>();
    expectTypeOf<Pet["owner"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Pet["nap"]>().toEqualTypeOf<number>();
    expectTypeOf<Pet["kind"]>().toEqualTypeOf<"CAT" | "DOG">();
    expectTypeOf<Pet["legs"]>().toEqualTypeOf<readonly Infer<typeof Leg>[]>();
    expectTypeOf<Pet["home"]>().toEqualTypeOf<{ readonly street: string }>();
    expectTypeOf<Pet["tags"]>().toEqualTypeOf<Readonly<Record<string, string>>>();
    expectTypeOf<Infer<typeof Leg>>().toEqualTypeOf<{ readonly length: number; readonly left: boolean | undefined }>();
  });

  it("fills in the defaults of unset fields", () => {
    expect(read(Pet, "name: Tom")).toMatchObject({
      name: "Tom",
      nickName: "",
      nap: 600_000,
      kind: "CAT",
      legs: [],
      home: { street: "Elm" },
    });
    expect(read(Pet, "name: Tom")?.owner).toBeUndefined();
  });

  it.each(["nick_name: T", "nickName: T"])("reads both names of a field: %s", (line) => {
    expect(read(Pet, `name: Tom\n${line}`)?.nickName).toBe("T");
  });

  it("takes the name of the .proto file where it does not follow from ours", () => {
    expect(read(Pet, "name: Tom\nproxy_100: true")?.proxy100).toBe(true);
  });

  it("takes null for unset", () => {
    expect(read(Pet, "name: Tom\nnap: ~\nlegs:\nhome: null")).toMatchObject({ nap: 600_000, legs: [], home: { street: "Elm" } });
  });

  it("has the same shape whatever is set, so that the engine shares one", () => {
    const keys = (text: string): string[] => Object.keys(read(Pet, text) ?? {});
    expect(keys("name: Tom")).toEqual(keys("owner: Ann\nlegs: [ { length: 3 } ]\nname: Tim"));
  });

  it("reports all mistakes", () => {
    expect(
      complaints(Pet, "nap: 5\nkind: CAP\nlegs: [ { length: 0 }, {} ]\nfur: long\nowner: a\nshelter: b\n").split("\n"),
    ).toEqual([
      'pet.yaml:1:6: error: nap: found 5, wanted a duration in seconds such as "1.5s"; write "5s"',
      'pet.yaml:2:7: error: kind: found CAP, wanted one of CAT, DOG; did you mean "CAT"?',
      "pet.yaml:3:19: error: legs[0].length: found 0, wanted an integer from 1 to 4294967295",
      'pet.yaml:3:24: error: legs[1]: "length" is required',
      'pet.yaml:4:1: error: fur: unknown field "fur" in example.Pet',
      'pet.yaml:1:1: error: "name" is required',
      'pet.yaml:6:1: error: shelter: "owner" and "shelter" exclude each other, wanted one (keeper)',
    ]);
  });

  it("checks rules across fields only when the fields are right", () => {
    expect(complaints(Pet, "name: Tom\nnap: 0s\nlegs: [ { length: 1 } ]")).toBe(
      "pet.yaml:2:6: error: nap: a pet with legs must nap",
    );
    expect(complaints(Pet, "name: Tom\nnap: 0s\nlegs: [ { length: 0 } ]")).not.toContain("must nap");
  });

  it("passes over what an unsupported field may harmlessly say", () => {
    expect(read(Pet, "name: Tom\nchip: false")).toBeDefined();
    expect(complaints(Pet, "name: Tom\nchip: true")).toBe(
      'pet.yaml:2:1: error: chip: "chip" of example.Pet is not supported: chips are not read',
    );
  });

  it("remembers where it was written", () => {
    const pet = read(Pet, "name: Tom\nlegs:\n- length: 1\n- { length: 2 }\n");
    expect(whereOf(pet as object)).toEqual({ file: "pet.yaml", line: 1, column: 1, path: "" });
    expect(whereOf(pet?.legs[1] as object)).toEqual({ file: "pet.yaml", line: 4, column: 3, path: "legs[1]" });
    expect(whereOf({})).toBeUndefined();
    expect(nodeOf(pet as object)?.kind).toBe("map");
  });
});

describe("how strict reading is", () => {
  it("makes warnings of what is not supported", () => {
    const { value: pet, errors } = decodeText(Pet, "name: Tom\nchip: 5\nkind: NEWT", {
      file: "pet.yaml",
      allowUnsupported: true,
    });
    expect(pet).toMatchObject({ name: "Tom", kind: "CAT" });
    expect(errors.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
  });

  it("counts unknown fields of what a control plane sent", () => {
    const sent = { name: "Tom", fur: "long", legs: [{ length: 2, hair: true }], chip: 5 };
    const {
      value: pet,
      errors,
      unknownFields,
    } = decodeValue(Pet, sent, { file: "cds", pathPrefix: "resources[3]", unknownFields: "count" });
    expect(pet?.legs[0].length).toBe(2);
    expect(unknownFields).toBe(2);
    expect(formatErrors(errors)).toBe(
      'cds: warning: resources[3].chip: "chip" of example.Pet is not supported: chips are not read',
    );
  });

  it("gives what could be read when asked for parts", () => {
    const text = "nap: 5\nlegs: [ { length: 0 }, { length: 2 } ]\nname: Tom";
    expect(decodeText(Pet, text, { file: "pet.yaml" }).value).toBeUndefined();
    const context = new DecodeContext({ partial: true });
    const { value: pet } = decodeText(Pet, text, { file: "pet.yaml", partial: true });
    expect(pet).toBeUndefined();
    expect(context.failures).toBe(0);
  });
});

describe("scalars", () => {
  const one = <V>(schema: Schema<V, unknown>, text: string): V | undefined =>
    read(message("example.One", { v: schema as Schema<V> }), `v: ${text}`)?.v;
  const wrong = (schema: Schema<unknown, unknown>, text: string): string =>
    complaints(message("example.One", { v: schema }), `v: ${text}`);

  it.each([
    ["5", 5],
    ["'5'", 5],
    ["5.0", 5],
    ["1e3", 1000],
    ["0x10", 16],
    ["010", 8],
    ["'1e2'", 100],
    ["'0x10'", 16],
    ["'010'", 10],
    ["09", 9],
    ["+5", 5],
    ["4294967295", 4_294_967_295],
  ])("uint32 %s", (text, wanted) => {
    expect(one(uint32(), text)).toBe(wanted);
  });

  it.each(["-1", "4294967296", "1.5", "five", "true", "''", "[1]", "0b1", "1_000", "' 5'"])("uint32 refuses %s", (text) => {
    expect(wrong(uint32(), text)).toContain("wanted an integer from 0 to 4294967295");
  });

  it.each([
    ["9223372036854775807", 9_223_372_036_854_775_807],
    ["'-5'", -5],
  ])("int64 %s", (text, wanted) => {
    expect(one(int64(), text)).toBe(wanted);
  });

  it.each([
    ["1.5", 1.5],
    ["'Infinity'", Infinity],
    [".5", 0.5],
    ["-2", -2],
  ])("double %s", (text, wanted) => {
    expect(one(double(), text)).toBe(wanted);
  });

  it.each([
    ["true", true],
    ["'false'", false],
    ["yes", true],
    ["Off", false],
  ])("bool %s, as Envoy reads it", (text, wanted) => {
    expect(one(bool(), text)).toBe(wanted);
  });

  it.each([
    ["{ value: 5 }", 5],
    ["5", 5],
  ])("a wrapper, also written as a message: %s", (text, wanted) => {
    expect(one(uint32Value(), text)).toBe(wanted);
  });

  it.each([
    ["1.5s", 1500],
    ["0s", 0],
    ["0.0001s", 0.1],
    ["-2s", -2000],
    ["'3600s'", 3_600_000],
    ["1.s", 1000],
    ["{ seconds: 2, nanos: 500000 }", 2000.5],
    ["{}", 0],
  ])("a duration in milliseconds: %s", (text, wanted) => {
    expect(one(duration(), text)).toBe(wanted);
  });

  it.each([
    ["5", 'write "5s"'],
    ["250ms", 'write "0.25s"'],
    ["2h", 'write "7200s"'],
    [".5s", "wanted a duration"],
    ["1S", 'write "1s"'],
    ["9999999999999s", "wanted a duration"],
    ["{ minutes: 1 }", "wanted a duration"],
  ])("a duration refuses %s", (text, wanted) => {
    expect(wrong(duration(), text)).toContain(wanted);
  });

  it.each([
    ["CAT", "CAT"],
    ["cat", "CAT"],
    ["1", "DOG"],
    ["'0'", "CAT"],
  ])("an enum by name in any case, or by number: %s", (text, wanted) => {
    expect(one(enumOf(["CAT", "DOG"]), text)).toBe(wanted);
  });

  it("an enum whose numbers have gaps", () => {
    expect(one(enumOf(["A", "B"], { numbers: [0, 7] }), "7")).toBe("B");
    expect(wrong(enumOf(["A", "B"], { numbers: [0, 7] }), "1")).toContain("wanted one of A, B");
  });

  it.each([
    ["1.5", "1.5"],
    ["12345678901", "12345678901"],
    ["yes", "yes"],
    ["'5'", "5"],
    ["10.0.0.1", "10.0.0.1"],
    ["0x", "0x"],
  ])("a text, unquoted where Envoy takes it: %s", (text, wanted) => {
    expect(one(string(), text)).toBe(wanted);
  });

  it.each(["5", "-5", "0x1f", "true", "False"])("a text refuses %s without quotes", (text) => {
    expect(wrong(string(), text)).toContain(`quote it: "${text}"`);
  });

  it("a header name in lower case", () => {
    expect(one(headerName(), "X-Request-ID")).toBe("x-request-id");
    expect(one(headerName(), '":Path"')).toBe(":path");
    expect(wrong(headerName(), "'a b'")).toContain("wanted the name of a header");
  });

  it("bytes in base64", () => {
    expect(one(bytes(), "aGVsbG8=")).toEqual(new TextEncoder().encode("hello"));
    expect(one(bytes(), "__-_")).toEqual(new Uint8Array([255, 255, 191]));
    expect(wrong(bytes(), "'a b'")).toContain("wanted bytes in base64");
  });

  it("refuses what is out of range, and says the range", () => {
    expect(wrong(uint64({ above: 0, below: 10 }), "10")).toContain("wanted an integer from 1 to 9");
    expect(wrong(double({ min: 0, max: 1 }), "1.5")).toContain("wanted a number from 0 to 1");
    expect(wrong(double({ above: 0 }), "0")).toContain("wanted a number above 0");
    expect(wrong(duration({ above: 0, max: 1000 }), "2s")).toContain("wanted a duration above 0s and of at most 1s");
  });
});

describe("collections", () => {
  it("keep any key of a map harmless", () => {
    const tags = read(Pet, "name: Tom\ntags: { __proto__: a, constructor: b }")?.tags;
    expect(Object.keys(tags ?? {})).toEqual(["__proto__", "constructor"]);
    expect(read(Pet, "name: Tom")?.tags["toString"]).toBeUndefined();
  });

  it("keep JSON as it is, with Envoy's reading of plain scalars", () => {
    const Json = message("example.Json", { v: value(), s: struct() });
    expect(read(Json, "v: [1, '1', 1.5, yes, ~, { a: b }]")?.v).toEqual([1, "1", 1.5, true, null, { a: "b" }]);
    expect(read(Json, "v: ~")?.v).toBeNull();
    expect(read(Json, "s: { a: { __proto__: 1 } }")?.s).toEqual({ a: JSON.parse('{"__proto__":1}') as unknown });
  });

  it("are lists of one when written without brackets, as Envoy has it", () => {
    expect(read(Pet, "name: Tom\nlegs: { length: 3 }")?.legs.map(({ length }) => length)).toEqual([3]);
    expect(complaints(Pet, "name: Tom\nlegs: 3")).toBe("pet.yaml:2:7: error: legs: found 3, wanted an object (example.Leg)");
  });

  it("may hold themselves", () => {
    interface Tree {
      readonly children: readonly Tree[];
    }
    const Tree: Schema<Tree> = message("example.Tree", { children: list(lazy((): Schema<Tree> => Tree)) });
    expect(read(Tree, "children: [ { children: [ {} ] }, {} ]")).toEqual({
      children: [{ children: [{ children: [] }] }, { children: [] }],
    });
  });

  it("may be required, or have another default", () => {
    const Two = message("example.Two", { a: required(Leg), b: withDefault(uint32(), 7) });
    expect(complaints(Two, "b: 1")).toBe('pet.yaml:1:1: error: "a" is required');
    expect(read(Two, "a: { length: 1 }")?.b).toBe(7);
  });
});

describe("an Any", () => {
  const plugin = (text: string): NonNullable<Pet["plugin"]> =>
    read(Pet, `name: Tom\nplugin: ${text}`)?.plugin as NonNullable<Pet["plugin"]>;

  it("keeps its type without the host, and its place", () => {
    const config = plugin('{ "@type": type.googleapis.com/example.Leg, length: 3 }');
    expect(config.typeUrl).toBe("example.Leg");
    expect(config.where).toEqual({ file: "pet.yaml", line: 2, column: 9, path: "plugin" });
    expect(config.toJson()).toEqual({ length: 3 });
  });

  it("is read by the schema of its owner, once", () => {
    const config = plugin('{ "@type": type.googleapis.com/example.Leg, length: 3 }');
    const context = new DecodeContext();
    const leg = parse(Leg, config, context);
    expect(leg?.length).toBe(3);
    expect(parse(Leg, config, new DecodeContext())).toBe(leg);
    expect(context.errors).toEqual([]);
  });

  it("reports mistakes with their place, each time", () => {
    const config = plugin('{ "@type": type.googleapis.com/example.Leg, length: x }');
    for (let i = 0; i < 2; i++) {
      const context = new DecodeContext();
      expect(parse(Leg, config, context)).toBeUndefined();
      expect(formatErrors(context.errors)).toBe(
        "pet.yaml:2:61: error: plugin.length: found x, wanted an integer from 1 to 4294967295",
      );
    }
  });

  it.each(["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"])("may come in a %s", (type) => {
    const config = plugin(`{ "@type": type.googleapis.com/${type}, type_url: x/example.Leg, value: { length: 4 } }`);
    expect([config.typeUrl, config.typedStruct]).toEqual(["example.Leg", true]);
    expect(parse(Leg, config, new DecodeContext())?.length).toBe(4);
    expect(config.toJson()).toEqual({ length: 4 });
    expect(parse(message("example.None", {}), plugin(`{ "@type": a/${type}, type_url: x }`), new DecodeContext())).toEqual({});
  });

  it("holds a well-known type as its value", () => {
    const config = plugin('{ "@type": type.googleapis.com/google.protobuf.Duration, value: 1s }');
    expect(config.value).toMatchObject({ kind: "scalar", text: "1s" });
  });
});

describe("a field that reads as nothing without a mistake", () => {
  it("is unset, not null", () => {
    const Level = message("example.Level", { level: enumOf(["LOW", "HIGH"], { unsupported: ["HIGH"] }) });
    const { value, errors } = decodeText(Level, "level: HIGH", { file: "f.yaml", allowUnsupported: true });
    expect(errors.map(({ severity }) => severity)).toEqual(["warning"]);
    expect(value).toEqual({ level: undefined });
  });
});

describe("options for APIs other than Envoy's", () => {
  const Kubernetes = message(
    "Pod",
    { podIP: string(), tags: list(string(), { single: false }) },
    { names: "camelCase", unknown: "ignore" },
  );
  const Istio = message("Route", { retryOn: string(), mode: enumOf(["ON"], { exact: true }) }, { names: "camelCase" });
  const said = (schema: Parameters<typeof decodeText>[0], text: string): string[] =>
    decodeText(schema, text, { file: "f.yaml" }).errors.map(({ message: told }) => told);

  it("names: camelCase only", () => {
    expect(said(Istio, "retryOn: x")).toEqual([]);
    expect(said(Istio, "retry_on: x")).toEqual(['unknown field "retry_on" in Route; did you mean "retryOn"?']);
  });

  it("unknown: passed over", () => {
    expect(said(Kubernetes, "podIP: x\nother: { a: 1 }")).toEqual([]);
  });

  it("single: a list must be one", () => {
    expect(said(Kubernetes, "tags: x")).toEqual(["found x, wanted a list"]);
  });

  it("exact: the names of an enum as they are", () => {
    expect(said(Istio, "mode: ON")).toEqual([]);
    expect(said(Istio, "mode: on")).toHaveLength(1);
    expect(said(Istio, "mode: 0")).toHaveLength(1);
  });
});
