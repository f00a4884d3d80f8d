import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatErrors } from "../document/error.ts";
import { ensureDescriptors } from "../descriptors.fixture.ts";
import type { Extensions } from "../extensions.ts";
import { builtInExtensions } from "../extensions.ts";
import { analyzeText } from "./analyze.ts";
import { brokenDocuments } from "./broken-documents.ts";

// One section a document: its title, then what `analyze` prints. UPDATE_GOLDEN=1 writes it anew; read the difference before committing.
const goldenFile = new URL("./broken-documents.golden", import.meta.url);

ensureDescriptors();

function section(title: string, text: string, file: string): string {
  return `## ${title}\n${formatErrors(analyzeText(text, { file }))}\n`;
}

if (process.env["UPDATE_GOLDEN"] === "1") {
  const sections = brokenDocuments.flatMap(([group, file, rows]) =>
    rows.map(([title, text]) => section(`${group}: ${title}`, text, file)),
  );
  writeFileSync(goldenFile, sections.join("\n"));
}

const golden = new Map(
  readFileSync(goldenFile, "utf8")
    .split(/^(?=## )/m)
    .map((text): [string, string] => [text.slice(3, text.indexOf("\n")), text.trimEnd()]),
);

describe.each(brokenDocuments)("what is wrong with a document: %s", (group, file, rows) => {
  it.each(rows)("%s", (title, text) => {
    expect(section(`${group}: ${title}`, text, file).trimEnd()).toBe(golden.get(`${group}: ${title}`));
  });
});

describe("the table of broken documents", () => {
  it("has a section for each, and no other", () => {
    expect([...golden.keys()]).toEqual(brokenDocuments.flatMap(([group, , rows]) => rows.map(([title]) => `${group}: ${title}`)));
    expect(golden.size).toBeGreaterThan(100);
  });

  it("is all errors or warnings", () => {
    for (const [title, text] of golden) expect(text, title).toMatch(/\n\S+: (error|warning): /);
  });
});

const filters = (typedConfig: string): string => `
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 80 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          route_config: {}
          http_filters:
          - { name: mine, typed_config: ${typedConfig} }
          - { name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }
`;

describe("analyzeText", () => {
  it("finds nothing wrong with a correct file", () => {
    expect(
      analyzeText(filters('{ "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }'), { file: "f.yaml" }),
    ).toEqual([]);
  });

  it("knows the extensions that it is given", () => {
    const text = filters(
      '{ "@type": type.googleapis.com/xds.type.v3.TypedStruct, type_url: type.googleapis.com/example.mine, value: { a: 1 } }',
    );
    expect(analyzeText(text, { file: "f.yaml" }).map(({ code }) => code)).toEqual(["unknown_type_url"]);
    const extensions: Extensions = new Map([...builtInExtensions, ["example.mine", { kind: "http_filter" }]]);
    expect(analyzeText(text, { file: "f.yaml", extensions })).toEqual([]);
  });

  it("passes over an optional filter that it does not know", () => {
    const text = filters('{ "@type": type.googleapis.com/example.theirs }').replace(
      "name: mine,",
      "name: mine, is_optional: true,",
    );
    expect(analyzeText(text, { file: "f.yaml" })).toEqual([]);
  });

  it("makes warnings of what is not supported, when that is allowed", () => {
    const text = "static_resources: { clusters: [ { name: o, filters: [{}], lb_policy: CLUSTER_PROVIDED } ] }";
    const errors = analyzeText(text, { file: "f.yaml", allowUnsupported: true });
    expect(errors.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      "warning unsupported_field",
      "warning unsupported_value",
    ]);
  });

  it("still looks at the rest of a file that has a mistake", () => {
    const text = `${filters('{ "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Corsair }')}  clusters: [ { name: o, tpye: STATIC }, { name: o } ]\n`;
    expect(analyzeText(text, { file: "f.yaml" }).map(({ code }) => code)).toEqual([
      "unknown_type_url",
      "unknown_field",
      "duplicate_name",
    ]);
  });

  it("says what was found and what was wanted, and where", () => {
    expect(analyzeText("admin:\n  address: 5\n", { file: "f.yaml" })).toEqual([
      {
        file: "f.yaml",
        line: 2,
        column: 12,
        path: "admin.address",
        severity: "error",
        code: "wrong_type",
        found: "5",
        wanted: "an object (envoy.config.core.v3.Address)",
        message: "found 5, wanted an object (envoy.config.core.v3.Address)",
      },
    ]);
  });
});
