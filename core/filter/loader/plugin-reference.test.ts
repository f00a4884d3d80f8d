import { describe, expect, it } from "vitest";
import type { FilterDefinition } from "../../contract/filter.ts";
import { chooseDefinition, parsePluginReference, pluginIdOf } from "./plugin-reference.ts";

const define = (id: string): FilterDefinition => ({
  kind: "http_filter",
  id,
  status: "alpha",
  posture: "trusted",
  create: () => ({}),
});

describe("parsePluginReference", () => {
  it.each([
    ["file:./hello.ts", { source: "file:./hello.ts", id: undefined }],
    ["file:///srv/hello.ts#one", { source: "file:///srv/hello.ts", id: "one" }],
    ["npm:@scope/plugin#http.filters.two", { source: "npm:@scope/plugin", id: "http.filters.two" }],
    ["isthmus.dev/plugins/hello", undefined],
    ["type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault", undefined],
  ])("reads %s", (typeUrl, expected) => {
    expect(parsePluginReference(typeUrl)).toEqual(expected);
  });
});

describe("chooseDefinition", () => {
  const one = define("one");
  const two = define("two");
  const source = "file:./x.ts";

  it("takes the only one, or the one that is named", () => {
    expect(chooseDefinition({ source, id: undefined }, [one])).toBe(one);
    expect(chooseDefinition({ source, id: "two" }, [one, two])).toBe(two);
  });

  it("says what there is when the choice is unclear or wrong", () => {
    expect(chooseDefinition({ source, id: undefined }, [one, two])).toBe(
      "file:./x.ts defines several filters (one, two); say which, such as file:./x.ts#one",
    );
    expect(chooseDefinition({ source, id: "three" }, [one, two])).toBe(
      'file:./x.ts defines no filter "three"; it defines one, two',
    );
  });
});

describe("pluginIdOf", () => {
  it("is the last part of the type URL", () => {
    expect(["isthmus.dev/plugins/hello", "hello", "type.googleapis.com/hello"].map(pluginIdOf)).toEqual([
      "hello",
      "hello",
      "hello",
    ]);
  });
});
