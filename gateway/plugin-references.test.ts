import { describe, expect, it } from "vitest";
import { parseDocument } from "../core/resources/schema/index.ts";
import { findPluginReferences } from "./plugin-references.ts";

const find = (text: string): readonly string[] => findPluginReferences(text, parseDocument(text, { file: "f.yaml" }).root);

describe("references to plugins", () => {
  it("are found wherever a TypedStruct stands, each once", () => {
    const text = [
      "a: [ { typed_config: { type_url: 'file:./one.ts' } }, { x: { typeUrl: 'npm:two' } } ]",
      "b: { c: { type_url: 'file:./one.ts' } }",
    ].join("\n");
    expect([...find(text)].sort()).toEqual(["file:./one.ts", "npm:two"]);
  });

  it("are not made of other texts", () => {
    expect(find("a: { type_url: type.googleapis.com/x, text: 'file:./no.ts' }")).toEqual([]);
    expect(find("a: { type_url: [ 'file:x' ] }")).toEqual([]);
    expect(find("")).toEqual([]);
  });
});
