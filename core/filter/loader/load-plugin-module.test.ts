import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FilterScope, HttpFilter } from "../../contract/filter.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import type { HttpStream } from "../../contract/stream.ts";
import { loadPluginModule } from "./load-plugin-module.ts";
import { mapStack } from "./map-stack.ts";
import type { PluginLoadError } from "./plugin-load-error.ts";

let cwd = "";
beforeAll(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), "isthmus-loader-")));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(cwd, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A minimal definition, as text. */
const define = (id: string, hooks = ""): string =>
  `defineFilter({ id: "${id}", status: "alpha", posture: "untrusted", create: () => ({ ${hooks} }) })`;
const importing = `import { defineFilter } from "isthmus/plugin";\n`;

async function failure(reference: string): Promise<PluginLoadError> {
  const error: unknown = await loadPluginModule(reference, { cwd }).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toHaveProperty("name", "PluginLoadError");
  return error as PluginLoadError;
}

describe("loadPluginModule", () => {
  it("loads a TypeScript file by path, with nothing installed beside it", async () => {
    const path = write(
      "typed.ts",
      `${importing}interface A { b: number }\nconst a: A = { b: 1 };\nexport default ${define("typed")};\nexport const other = a;\n`,
    );
    for (const reference of ["./typed.ts", "typed.ts", "file:./typed.ts", "file:typed.ts", path, `file://${path}`]) {
      const module = await loadPluginModule(reference, { cwd });
      expect(module.definitions.map((d) => [d.kind, d.id])).toEqual([["http_filter", "typed"]]);
      expect(module.files).toEqual([path]);
      module.dispose();
    }
  });

  it("gives plugins valibot when they have no copy of their own", async () => {
    write(
      "schema.ts",
      `${importing}import * as v from "valibot";\nexport default { ...${define("schema")}, config: v.strictObject({ a: v.string() }) };\n`,
    );
    const module = await loadPluginModule("./schema.ts", { cwd });
    expect(module.definitions[0].config).toHaveProperty("~standard.version", 1);
    module.dispose();
  });

  it("takes all branded exports, and one definition under two names once", async () => {
    write(
      "several.ts",
      `${importing}export const one = ${define("one")};\nexport const two = ${define("two")};\nexport const helper = 5;\nexport default one;\n`,
    );
    const module = await loadPluginModule("./several.ts", { cwd });
    expect(module.definitions.map((d) => d.id).sort()).toEqual(["one", "two"]);
    module.dispose();
  });

  it("reports every file of the plugin to watch, but no packages", async () => {
    write("node_modules/small/package.json", `{ "name": "small", "main": "index.js" }`);
    write("node_modules/small/index.js", `module.exports = { small: true };`);
    write("split/part.ts", `import small from "small";\nexport const part = small;\n`);
    write(
      "split/main.ts",
      `${importing}import { part } from "./part.ts";\nexport default ${define("split")};\nexport { part };\n`,
    );
    const module = await loadPluginModule("./split/main.ts", { cwd });
    expect([...module.files].sort()).toEqual([join(cwd, "split/main.ts"), join(cwd, "split/part.ts")]);
    module.dispose();
  });

  it("loads a package by name, CommonJS or ESM, with or without a default export", async () => {
    const plugin = (id: string): string =>
      `{ [Symbol.for("isthmus.plugin")]: 1, kind: "http_filter", id: "${id}", status: "alpha", posture: "untrusted", create: () => ({}) }`;
    write("node_modules/plugin-cjs/package.json", `{ "name": "plugin-cjs", "main": "index.js" }`);
    write("node_modules/plugin-cjs/index.js", `module.exports = { filter: ${plugin("from-cjs")} };`);
    write(
      "node_modules/@scope/plugin-esm/package.json",
      `{ "name": "@scope/plugin-esm", "type": "module", "exports": { ".": { "import": "./index.js" }, "./named": "./named.js" } }`,
    );
    write("node_modules/@scope/plugin-esm/index.js", `export default ${plugin("from-esm")};`);
    write("node_modules/@scope/plugin-esm/named.js", `export const named = ${plugin("from-named")};`);
    for (const [reference, id] of [
      ["npm:plugin-cjs", "from-cjs"],
      ["npm:@scope/plugin-esm", "from-esm"],
      ["npm:@scope/plugin-esm/named", "from-named"],
    ]) {
      const module = await loadPluginModule(reference, { cwd });
      expect(module.definitions.map((d) => d.id)).toEqual([id]);
      expect(module.files).toEqual([]);
      module.dispose();
    }
  });

  it("runs the code afresh at each load", async () => {
    write("fresh.ts", `${importing}export default ${define("before")};\n`);
    const before = await loadPluginModule("./fresh.ts", { cwd });
    write("fresh.ts", `${importing}export default ${define("after")};\n`);
    const after = await loadPluginModule("./fresh.ts", { cwd });
    expect([before.definitions[0].id, after.definitions[0].id]).toEqual(["before", "after"]);
    before.dispose();
    after.dispose();
  });

  it("loads several at once", async () => {
    for (let i = 0; i < 4; i++) write(`many/p${i}.ts`, `${importing}export default ${define(`p${i}`)};\n`);
    const modules = await Promise.all([0, 1, 2, 3].map((i) => loadPluginModule(`./many/p${i}.ts`, { cwd })));
    expect(modules.map((m) => m.definitions[0].id)).toEqual(["p0", "p1", "p2", "p3"]);
    for (const module of modules) module.dispose();
  });

  it("gives Node's modules, import(), __dirname and import.meta", async () => {
    write(
      "node.ts",
      `${importing}import { basename } from "node:path";\nexport const here = [basename(__filename), basename(import.meta.url), basename(import.meta.dirname)];\n` +
        `export default { ...${define("node")}, create: () => ({ onStreamComplete: () => import("node:os").then((os) => os.EOL) }) };\n`,
    );
    const module = await loadPluginModule("./node.ts", { cwd });
    const filter = module.definitions[0].create(undefined, {} as FilterScope) as HttpFilter;
    expect(await (filter.onStreamComplete as unknown as () => Promise<string>)()).toBe("\n");
    module.dispose();
  });

  it("tells frames of a plugin by the lines of its source", async () => {
    const path = write(
      "frames.ts",
      `${importing}interface Unused {\n  a: string;\n}\n\nexport default ${define("frames", `\n  onRequestHeaders() {\n    throw new Error("boom");\n  },\n`)};\n`,
    );
    const module = await loadPluginModule("./frames.ts", { cwd });
    const filter = module.definitions[0].create(undefined, {} as FilterScope) as HttpFilter<unknown>;
    try {
      void filter.onRequestHeaders?.({} as HttpStream, {} as HeaderMap, true, undefined);
      expect.unreachable();
    } catch (error) {
      const stack = (error as Error).stack ?? "";
      expect(stack).toContain(`isthmus-plugin:${path}#`);
      expect(mapStack(stack)).toContain(`${path}:8:11`);
      expect(mapStack(stack)).not.toContain("isthmus-plugin:");
    }
    module.dispose();
  });

  it("says that there is no such file", async () => {
    const error = await failure("./missing.ts");
    expect(error.code).toBe("plugin.not_found");
    expect(error.message).toBe(`${join(cwd, "missing.ts")}: there is no such plugin file`);
    expect(error.files).toEqual([join(cwd, "missing.ts")]);
    expect((await failure(cwd)).code).toBe("plugin.not_found");
  });

  it("says that there is no such package, and where it looked", async () => {
    const error = await failure("npm:no-such-plugin");
    expect(error.code).toBe("plugin.not_found");
    expect(error.message).toBe(
      `npm:no-such-plugin: there is no package "no-such-plugin" in ${cwd} or above; install it there (npm install no-such-plugin)`,
    );
  });

  it("places a syntax error, also in an imported file", async () => {
    const path = write("broken.ts", `${importing}\nexport default defineFilter({ id: "x" ;\n`);
    const error = await failure("./broken.ts");
    expect(error.code).toBe("plugin.syntax");
    expect(error.place).toEqual({ file: path, line: 3, column: 39 });
    expect(error.message).toBe(`${path}:3:39: Expected "}" but found ";" in: export default defineFilter({ id: "x" ;`);
    const outer = write("outer.ts", `export * from "./broken.ts";\n`);
    const nested = await failure("./outer.ts");
    expect(nested.place.file).toBe(path);
    expect([...nested.files].sort()).toEqual([path, outer].sort());
  });

  it("places an import that leads nowhere, and top-level await", async () => {
    const path = write("lost.ts", `${importing}\nimport "./nowhere.ts";\n`);
    expect((await failure("./lost.ts")).message).toBe(`${path}:3:8: Could not resolve "./nowhere.ts" in: import "./nowhere.ts";`);
    const awaiting = write("await.ts", `export const a = await Promise.resolve(1);\n`);
    expect((await failure("./await.ts")).message).toMatch(`${awaiting}:1:18: Top-level await`);
  });

  it("says what a module exports when nothing is a filter", async () => {
    const path = write("plain.ts", `export const a = 1;\nexport default { id: "x" };\n`);
    const error = await failure("./plain.ts");
    expect(error.code).toBe("plugin.no_definition");
    expect(error.message).toBe(
      `${path}: none of its exports (a, default) was made by defineFilter or defineNetworkFilter; wanted: export default defineFilter({ ... })`,
    );
    write("empty.ts", `export {};\n`);
    expect((await failure("./empty.ts")).message).toMatch(/the module exports nothing; wanted/);
  });

  it("refuses two definitions of one id", async () => {
    write("twice.ts", `${importing}export const one = ${define("same")};\nexport const two = ${define("same")};\n`);
    const error = await failure("./twice.ts");
    expect(error.code).toBe("plugin.duplicate_id");
    expect(error.message).toMatch(/two exports define a filter with the id "same"$/);
  });

  it("refuses a definition of another version or shape", async () => {
    write("version.ts", `export default { [Symbol.for("isthmus.plugin")]: 9, id: "x" };\n`);
    expect((await failure("./version.ts")).message).toMatch(
      /export "default" speaks version 9 of the plugin contract, this is version 1$/,
    );
    write(
      "shape.ts",
      `export const bad = { [Symbol.for("isthmus.plugin")]: 1, kind: "http_filter", id: "x", status: "alpha", posture: "trusted", create: 5 };\n`,
    );
    const error = await failure("./shape.ts");
    expect(error.code).toBe("plugin.invalid_definition");
    expect(error.message).toMatch(/export "bad": filter "x": "create" is a number, wanted a function$/);
  });

  it("refuses, when a filter is created, hooks that are none", async () => {
    write("hooks.ts", `${importing}export default ${define("hooks", "onRequestHeader() {}")};\n`);
    const module = await loadPluginModule("./hooks.ts", { cwd });
    expect(() => module.definitions[0].create(undefined, {} as FilterScope)).toThrow(
      /filter "hooks": there is no hook "onRequestHeader"; the hooks are/,
    );
    module.dispose();
  });

  it("names the line of a module that throws, with its stack", async () => {
    const path = write(
      "throws.ts",
      `${importing}interface Gone { a: 1 }\nfunction start(): never {\n  throw new Error("no such port");\n}\nstart();\nexport default ${define("throws")};\n`,
    );
    const error = await failure("./throws.ts");
    expect(error.code).toBe("plugin.threw");
    expect(error.place).toEqual({ file: path, line: 4, column: 9 });
    expect(error.message).toContain(`${path}:4:9: the module threw while it was loaded\n  Error: no such port\n`);
    expect(error.message).toContain(`${path}:6:1`);
    write("throws-text.ts", `throw "text";\n`);
    expect((await failure("./throws-text.ts")).message).toMatch(/string text was thrown$/);
  });

  it("names the field when defineFilter refuses", async () => {
    write(
      "misuse.ts",
      `${importing}export default defineFilter({ id: "m", status: "alpha", posture: "none", create: () => ({}) } as never);\n`,
    );
    const error = await failure("./misuse.ts");
    expect(error.code).toBe("plugin.threw");
    expect(error.message).toContain(`filter "m": "posture" is "none", wanted "untrusted" or "trusted"`);
    expect(error.place.line).toBe(2);
  });

  it("does not load packages at run time", async () => {
    write("late.ts", `${importing}const name = "small";\nrequire(name);\nexport default ${define("late")};\n`);
    expect((await failure("./late.ts")).message).toContain(`Cannot load "small": a plugin may load Node's own modules`);
    write(
      "outside.ts",
      `${importing}import small from "small";\nexport const s = small;\nexport default ${define("outside")};\n`,
    );
    const module = await loadPluginModule("./outside.ts", { cwd, external: ["small"] });
    expect(module.definitions[0].id).toBe("outside");
    module.dispose();
  });
});
