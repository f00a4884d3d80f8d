import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { codes, readPage } from "./page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "examples/README.md",
  "examples/bookinfo/README.md",
  "sidecar/README.md",
].concat(
  readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);
const FOLDERS = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !["node_modules", "dist"].includes(entry.name))
  .map((entry) => entry.name);

describe("pages", () => {
  it.each(pages)("%s links to what there is", (name) => {
    const page = readPage(name).replaceAll(/^```[^]*?^```/gm, "");
    const links = [...page.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => join(dirname(name), target));
    // Paths of the project in backticks; those with a star or a place holder stand for several.
    const paths = codes(page).filter((code) => /^[\w.-]+\/[\w./-]+$/.test(code) && FOLDERS.includes(code.split("/")[0]));
    expect([...links, ...paths].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("README.md leads to every page of docs", () => {
    const page = readPage("README.md");
    expect(pages.filter((name) => name.startsWith("docs/") && !page.includes(name))).toEqual([]);
  });
});
