import { describe, expect, it } from "vitest";
import type { MessageSchema } from "../../core/resources/schema/message.ts";
import type { Schema } from "../../core/resources/schema/index.ts";
import { CODES } from "../../plugins/control/istio/analyze/codes.ts";
import { ANALYZERS } from "../../plugins/control/istio/analyze/analyzers.ts";
import { MESH_KINDS, OTHER_KINDS } from "../../plugins/control/istio/kinds.ts";
import { ObjectMeta } from "../../plugins/control/istio/schema/metadata.ts";
import { codes, readPage, section, tableRows } from "./page.ts";

type AnySchema = Schema<unknown, unknown>;
type AnyMessage = MessageSchema<unknown>;

const page = readPage("docs/istio.md");

function messageOf(schema: AnySchema): AnyMessage | undefined {
  let at: AnySchema | undefined = schema;
  while (at !== undefined && at.kind !== "message") at = at.inner?.();
  return at as AnyMessage | undefined;
}

/** All messages below some, by name; of one name there may be several. */
function messagesBelow(roots: readonly AnyMessage[]): Map<string, AnyMessage[]> {
  const found = new Map<string, AnyMessage[]>();
  const add = (message: AnyMessage | undefined): void => {
    if (message === undefined) return;
    const same = found.get(message.typeName) ?? [];
    if (same.includes(message)) return;
    found.set(message.typeName, [...same, message]);
    for (const field of Object.values(message.fields)) add(messageOf(field));
  };
  roots.forEach(add);
  return found;
}

const specs = (istio: boolean): AnyMessage[] =>
  MESH_KINDS.filter(({ group }) => (group === "networking.istio.io") === istio).map(({ spec }) => spec as unknown as AnyMessage);

describe("docs/istio.md", () => {
  it("tells the kinds that are read, and those that are not", () => {
    const rows = tableRows(section(page, "## What is read"));
    const pairs = (group: (text: string) => string): string[] =>
      rows.flatMap(([kinds, versions]) =>
        codes(kinds).flatMap((kind) => codes(versions).map((version) => `${kind} ${group(version)}`)),
      );
    const known = [
      ...MESH_KINDS.flatMap(({ kind, group, versions }) =>
        versions.map((version) => `${kind} ${group === "" ? "" : `${group}/`}${version}`),
      ),
      ...OTHER_KINDS.map(({ kind, group }) => `${kind} ${group}`),
    ];
    expect(pairs((version) => version).toSorted()).toEqual(known.toSorted());
  });

  it("tells every field of Istio's objects, whether it must be set, and no other", () => {
    const told = new Set<string>();
    let owner = "";
    for (const line of section(page, "## Fields").split("\n")) {
      if (line.startsWith("### Kubernetes")) break;
      const name = /^`(\w+)`/.exec(line)?.[1];
      if (name !== undefined) owner = name;
      const [field] = /^\| `(\w+)` \|/.exec(line)?.slice(1) ?? [];
      if (field !== undefined) told.add(`${owner}.${field}${line.includes("| required") ? " required" : ""}`);
    }
    const wanted = [...messagesBelow(specs(true))].flatMap(([name, messages]) =>
      messages.flatMap((message) =>
        Object.entries(message.fields).map(([field, schema]) => `${name}.${field}${schema.required ? " required" : ""}`),
      ),
    );
    expect([...told].toSorted()).toEqual([...new Set(wanted)].toSorted());
  });

  it("tells every field of Kubernetes' objects that is read, and no other", () => {
    const told = tableRows(section(page, "### Kubernetes")).flatMap(([name, fields]) =>
      codes(fields).map((field) => `${codes(name)[0]}.${field}`),
    );
    const messages = messagesBelow([...specs(false), ObjectMeta as unknown as AnyMessage]);
    const wanted = [...messages].flatMap(([name, same]) =>
      same.flatMap((one) => Object.keys(one.fields).map((field) => `${name}.${field}`)),
    );
    expect(told.toSorted()).toEqual([...new Set(wanted)].toSorted());
  });

  it("tells every code with its severity and Istio's name, and no other", () => {
    const told = tableRows(section(page, "## Mistakes")).map(([code, severity, name]) => [
      codes(code)[0],
      severity,
      codes(name)[0],
    ]);
    expect(told).toEqual(Object.entries(CODES).map(([code, { severity, name }]) => [code, severity, name]));
  });

  it("every code is one that an analyzer or reading gives", () => {
    const found = new Set<string>(["IST0106", "IST0133", ...ANALYZERS.flatMap((analyzer) => analyzer.codes)]);
    expect([...found].toSorted()).toEqual(Object.keys(CODES));
  });
});
