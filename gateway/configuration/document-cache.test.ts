import { describe, expect, it } from "vitest";
import { atOnce } from "../../core/transport/slices.ts";
import { ReadError } from "../read-text.ts";
import { DocumentCache, type Documents } from "./document-cache.ts";

const NOT_THERE = Object.assign(new Error(), { code: "ENOENT" });

async function read(more: { found: boolean; isLink: boolean }, cause: unknown = NOT_THERE): Promise<Documents> {
  const cache = new DocumentCache({ namespace: "default", allowUnsupported: false });
  return atOnce((pace) => cache.read([{ file: "a.yaml", ...more }], [new ReadError("a.yaml", "why", cause)], pace));
}

describe("documents of files that can't be read", () => {
  it("a file of a folder that went away since the folder was listed is gone, without a word", async () => {
    expect((await read({ found: true, isLink: false })).errors).toEqual([]);
  });

  it.each([
    ["a file that was named", { found: false, isLink: true }, NOT_THERE],
    ["a link that leads nowhere", { found: true, isLink: true }, NOT_THERE],
    ["a file that may not be read", { found: true, isLink: false }, Object.assign(new Error(), { code: "EACCES" })],
  ])("%s is an error", async (_, more, cause) => {
    expect((await read(more, cause)).errors).toMatchObject([{ file: "a.yaml", message: "why", severity: "error" }]);
  });
});
