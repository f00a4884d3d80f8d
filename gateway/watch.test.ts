import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileWatcher } from "./watch.ts";

describe("a watcher of files", () => {
  let folder: string;
  let file: string;
  let changes: number;
  let watcher: FileWatcher;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-watch-"));
    file = join(folder, "a.yaml");
    writeFileSync(file, "1");
    changes = 0;
    watcher = new FileWatcher({ onChange: () => changes++ });
  });
  afterEach(() => {
    watcher.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const changed = async (count = 1): Promise<void> => {
    for (let i = 0; i < 300 && changes < count; i++) await sleep(10);
    expect(changes).toBeGreaterThanOrEqual(count);
  };
  const quiet = (): Promise<void> => sleep(200).then(() => undefined);

  it("tells of a rewrite, of a rename over it, and of its way out and back", async () => {
    watcher.set([file]);
    writeFileSync(file, "2");
    await changed(1);
    await quiet();
    const before = changes;
    writeFileSync(join(folder, "next"), "3");
    renameSync(join(folder, "next"), file);
    await changed(before + 1);
    await quiet();
    const then = changes;
    unlinkSync(file);
    await changed(then + 1);
    await quiet();
    const last = changes;
    writeFileSync(file, "4");
    await changed(last + 1);
  });

  it("takes edits in quick succession for one, and other files for none", async () => {
    watcher.set([file]);
    for (let i = 0; i < 10; i++) writeFileSync(file, String(i));
    await changed();
    await quiet();
    expect(changes).toBe(1);
    writeFileSync(join(folder, "other"), "x");
    await quiet();
    expect(changes).toBe(1);
  });

  it("tells of a folder that Kubernetes swaps by its link", async () => {
    mkdirSync(join(folder, "..1"));
    mkdirSync(join(folder, "..2"));
    writeFileSync(join(folder, "..1", "k.yaml"), "1");
    writeFileSync(join(folder, "..2", "k.yaml"), "2");
    symlinkSync("..1", join(folder, "..data"));
    symlinkSync(join("..data", "k.yaml"), join(folder, "k.yaml"));
    watcher.set([join(folder, "k.yaml")]);
    symlinkSync("..2", join(folder, "..next"));
    renameSync(join(folder, "..next"), join(folder, "..data"));
    await changed();
  });

  it("tells of an edit of what a link leads to", async () => {
    mkdirSync(join(folder, "elsewhere"));
    const real = join(folder, "elsewhere", "real.yaml");
    writeFileSync(real, "1");
    symlinkSync(real, join(folder, "link.yaml"));
    watcher.set([join(folder, "link.yaml")]);
    writeFileSync(real, "2");
    await changed();
  });

  it("outlives a folder that is gone, and sees it come back", async () => {
    const inner = join(folder, "inner");
    mkdirSync(inner);
    writeFileSync(join(inner, "a"), "1");
    watcher.set([join(inner, "a")]);
    rmSync(inner, { recursive: true });
    await changed();
    await quiet();
    const before = changes;
    mkdirSync(inner);
    writeFileSync(join(inner, "a"), "2");
    await changed(before + 1);
    await quiet();
    const then = changes;
    writeFileSync(join(inner, "a"), "3");
    await changed(then + 1);
  });

  it("takes a folder that is not there yet", async () => {
    expect(() => watcher.set([join(folder, "later", "a"), file])).not.toThrow();
    writeFileSync(file, "2");
    await changed();
  });
});
