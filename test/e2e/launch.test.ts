import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Script } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface Launcher {
  codeCacheFile(file: string): string;
  compileProgram(file: string, cachedData?: Buffer): Script;
}

const DIST = resolve("dist");

/** What the command consists of, in a folder of its own, so that it can be broken. */
describe("the command's start", () => {
  let folder: string;
  let program: string;
  let cache: string;
  let launcher: Launcher;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-launch-"));
    mkdirSync(join(folder, "chunks"));
    for (const name of ["isthmus.cjs", "isthmus.js"]) cpSync(join(DIST, name), join(folder, name));
    const chunks = readdirSync(join(DIST, "chunks")).filter((name) => name.startsWith("program-"));
    for (const name of chunks) cpSync(join(DIST, "chunks", name), join(folder, "chunks", name));
    program = join(folder, "chunks", chunks.find((name) => name.endsWith(".cjs")) ?? "");
    launcher = createRequire(import.meta.url)(join(folder, "isthmus.cjs")) as Launcher;
    cache = launcher.codeCacheFile(program);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function version(command = "isthmus.cjs", ...nodeArguments: string[]): string {
    const { stdout, stderr, status } = spawnSync(process.execPath, [...nodeArguments, join(folder, command), "--version"], {
      encoding: "utf8",
      cwd: tmpdir(),
    });
    return `${stdout}${stderr}${status}`;
  }

  it("takes the compiled form that the build made", () => {
    expect(launcher.compileProgram(program, readFileSync(cache)).cachedDataRejected).toBe(false);
    expect(version()).toMatch(/^isthmus \d+\.\d+\.\d+\n0$/);
  });

  it("is ASCII, because it is read a byte a character", () => {
    expect(readFileSync(program).findIndex((byte) => byte > 127)).toBe(-1);
  });

  it("is strict code, as the source is", () => {
    expect(readFileSync(program, "latin1")).toMatch(/^"use strict";/);
  });

  it("is the same when the command is imported", () => {
    expect(version("isthmus.js")).toMatch(/^isthmus \d+\.\d+\.\d+\n0$/);
  });

  it("compiles the text where there is no compiled form, as with an engine that the build did not see", () => {
    unlinkSync(cache);
    expect(version()).toMatch(/^isthmus \d+\.\d+\.\d+\n0$/);
  });

  it.each([
    ["is cut short", () => truncateSync(cache, 100_000)],
    ["is empty", () => truncateSync(cache, 0)],
    ["is something else", () => writeFileSync(cache, "not at all".repeat(1_000))],
  ])("compiles the text when the compiled form %s", (_, spoil) => {
    spoil();
    expect(version()).toMatch(/^isthmus \d+\.\d+\.\d+\n0$/);
  });

  it("compiles the text when the engine has other flags than it had in the build", () => {
    expect(version("isthmus.cjs", "--expose-gc", "--max-old-space-size=64")).toMatch(/^isthmus \d+\.\d+\.\d+\n0$/);
  });

  it("takes a compiled form of no other text", () => {
    writeFileSync(program, `${readFileSync(program, "latin1")}\n// one line more`);
    expect(launcher.compileProgram(program, readFileSync(cache)).cachedDataRejected).toBe(true);
    expect(version()).toMatch(/^isthmus \d+\.\d+\.\d+\n0$/);
  });
});
