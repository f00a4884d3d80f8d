import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** From the bottom up: a folder may import from itself and from those before it. */
const LAYERS = [
  "core/contract",
  "core/bytes",
  "core/transport",
  "core/observe",
  "core/http1",
  "core/http2",
  "core/stream",
  "core/resources",
  "core/match",
  "core/format",
  "core/tls",
  "core/filter",
  "core/cluster",
  "core/server",
  "plugins",
  "gateway",
  "sidecar",
];
/** The plugin author's module is a leaf: everything that is bundled with a user's plugin comes from it. */
const PLUGIN_KIT = "plugins/plugin.ts";

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !/(\.test|-fixture)\.ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((m) => m[1]);
}

function layerOf(file: string): number {
  return LAYERS.findIndex((layer) => file === layer || file.startsWith(layer + "/"));
}

describe("layers", () => {
  const files = ["core", "plugins", "gateway", "sidecar"].flatMap(sources);

  it("every source file belongs to a layer", () => {
    expect(files.filter((file) => layerOf(file) < 0)).toEqual([]);
  });

  it("a file imports only from its own layer and from those below it", () => {
    const wrong: string[] = [];
    for (const file of files) {
      for (const target of importsOf(file)) {
        if (!target.startsWith(".")) continue;
        const imported = relative(root, resolve(root, dirname(file), target))
          .split(sep)
          .join("/");
        if (layerOf(imported) > layerOf(file)) wrong.push(`${file} imports ${imported}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("sockets are opened in core/transport only", () => {
    const wrong = files.filter(
      (file) => !file.startsWith("core/transport/") && importsOf(file).some((i) => i === "node:net" || i === "node:tls"),
    );
    expect(wrong).toEqual([]);
  });

  it("the data path has no foreign HTTP", () => {
    const banned = new Set(["node:http", "node:https", "node:http2", "undici"]);
    expect(files.filter((file) => importsOf(file).some((i) => banned.has(i)))).toEqual([]);
  });

  it("only the clock reads the time", () => {
    const wrong = files.filter(
      (file) =>
        file !== "core/transport/clock.ts" &&
        !file.includes("/testing/") &&
        /\b(Date\.now|performance\.now)\s*\(/.test(readFileSync(join(root, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });

  it("the plugin kit imports contracts, and what the loader checks a definition by", () => {
    const allowed = ["../core/filter/loader/definition-shape.ts", "../core/filter/loader/plugin-brand.ts"];
    const foreign = importsOf(PLUGIN_KIT).filter(
      (i) => i.startsWith(".") && !i.startsWith("../core/contract/") && !allowed.includes(i),
    );
    expect(foreign).toEqual([]);
    // They are bundled with it, so they must be leaves too.
    for (const file of allowed) expect(importsOf(file.slice(3)).filter((i) => !i.startsWith("../../contract/"))).toEqual([]);
  });
});
