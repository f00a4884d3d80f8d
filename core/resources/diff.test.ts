import { describe, expect, it } from "vitest";
import { Cluster } from "./cluster.ts";
import { compareResources, resourceKey } from "./diff.ts";
import type { Schema } from "./schema/index.ts";
import { decodeText } from "./schema/index.ts";
import { Listener } from "./listener.ts";

function read<V>(schema: Schema<V, unknown>, text: string): V {
  const { value, errors } = decodeText(schema, text, { file: "f.yaml" });
  expect(errors).toEqual([]);
  return value as V;
}
const key = (text: string): string => resourceKey(read(Cluster, text));

describe("resourceKey", () => {
  it.each([
    ["the order of fields", "name: o\ntype: STATIC", "type: STATIC\nname: o"],
    ["the notation", "{ name: o, connectTimeout: 1s, type: 0 }", "name: 'o'\nconnect_timeout: 1.0s\ntype: STATIC\n"],
    ["a default that is spelled out", "name: o", "name: o\nconnect_timeout: 5s\nlb_policy: ROUND_ROBIN\n"],
  ])("does not depend on %s", (_, a, b) => {
    expect(key(a)).toBe(key(b));
  });

  it.each([
    ["a name", "name: o", "name: p"],
    ["a duration", "name: o", "name: o\nconnect_timeout: 6s"],
    ["an unset field and its empty message", "name: o", "name: o\ncircuit_breakers: {}"],
    [
      "a type URL",
      "name: o\ntyped_extension_protocol_options: { a: { '@type': x/a.B } }",
      "name: o\ntyped_extension_protocol_options: { a: { '@type': x/a.C } }",
    ],
    [
      "a member of an Any",
      "name: o\ntyped_extension_protocol_options: { a: { '@type': x/a.B, c: 1 } }",
      "name: o\ntyped_extension_protocol_options: { a: { '@type': x/a.B, c: 2 } }",
    ],
    [
      "metadata",
      "name: o\nmetadata: { filter_metadata: { a: { b: 1 } } }",
      "name: o\nmetadata: { filter_metadata: { a: { b: '1' } } }",
    ],
  ])("tells %s apart", (_, a, b) => {
    expect(key(a)).not.toBe(key(b));
  });

  it("is the same for the members of an Any in another order", () => {
    const listener = (members: string): string =>
      resourceKey(
        read(
          Listener,
          `address: { pipe: { path: /s } }\nfilter_chains: [ { filters: [ { name: a, typed_config: { ${members}, "@type": x/a.B } } ] } ]`,
        ),
      );
    expect(listener("b: 1, c: [ { d: e } ]")).toBe(listener("c: [ { d: e } ], b: 1"));
  });
});

describe("compareResources", () => {
  it("tells what an update does", () => {
    const clusters = (text: string): Cluster[] => text.split(";").map((line) => read(Cluster, line));
    const before = new Map(clusters("name: a;name: b;name: c").map((cluster) => [cluster.name, resourceKey(cluster)]));
    const after = clusters("{ name: b, connect_timeout: 1s };name: c;name: d");
    const { added, changed, unchanged, removed } = compareResources(before, after, ({ name }) => name);
    const names = (list: readonly Cluster[]): string[] => list.map(({ name }) => name);
    expect([names(added), names(changed), names(unchanged), removed]).toEqual([["d"], ["b"], ["c"], ["a"]]);
  });
});
