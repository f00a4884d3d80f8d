import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readText } from "./read-text.ts";

describe("reading a configuration file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-read-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("leaves a byte order mark out", async () => {
    const file = join(folder, "bom.yaml");
    writeFileSync(file, "\uFEFFnode: {}\n");
    expect(await readText(file)).toBe("node: {}\n");
  });

  it("says what is wrong with a file", async () => {
    const binary = join(folder, "binary.yaml");
    writeFileSync(binary, Buffer.from([0x80, 0xff, 0x00]));
    await expect(readText(binary)).rejects.toThrow(`${binary}: found bytes that are no UTF-8`);
    await expect(readText(folder)).rejects.toThrow(`${folder}: found a directory, wanted a file`);
    await expect(readText(join(folder, "absent"))).rejects.toThrow(/absent: there is no such file$/);
  });
});
