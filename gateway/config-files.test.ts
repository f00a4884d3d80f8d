import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configFiles } from "./config-files.ts";

describe("the files that paths stand for", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "isthmus-files-"));
    for (const below of ["b", ".git", "node_modules", "..data"]) await mkdir(join(folder, below));
    const files = [
      "z.yaml",
      "a.YML",
      "c.json",
      "README.md",
      ".hidden.yaml",
      "b/x.yaml",
      ".git/x.yaml",
      "node_modules/x.yaml",
      "..data/m.yaml",
    ];
    for (const file of files) await writeFile(join(folder, file), "");
    await symlink("..data/m.yaml", join(folder, "m.yaml"));
    await symlink(".", join(folder, "loop"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("a folder: those in it and below, by name; links to files, but not to folders", async () => {
    expect(await configFiles([folder])).toEqual(
      ["a.YML", "b/x.yaml", "c.json", "m.yaml", "z.yaml"].map((file) => ({ file: join(folder, file), found: true })),
    );
  });

  it("a file: itself, whatever it is called; one that does not exist too", async () => {
    const paths = [join(folder, "README.md"), join(folder, "gone.yaml")];
    expect(await configFiles(paths)).toEqual(paths.map((file) => ({ file, found: false })));
  });

  it("each once", async () => {
    const file = join(folder, "z.yaml");
    expect((await configFiles([file, folder, file])).filter((one) => one.file === file)).toEqual([{ file, found: false }]);
  });
});
