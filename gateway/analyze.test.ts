import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { analyzeFiles } from "./analyze.ts";
import { answering, bootstrapText } from "./gateway-fixture.ts";
import { ReadError } from "./read-text.ts";

describe("analyze", () => {
  let out: string;
  let err: string;
  beforeEach(() => {
    out = err = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
    vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  });
  afterEach(() => vi.restoreAllMocks());
  const OPTIONS = { json: false, allowUnsupported: false };
  const analyze = (text: string | Error, options = {}) => analyzeFiles([{ file: "a.json", text }], { ...OPTIONS, ...options });

  it("is 0 for a right file", async () => {
    expect(await analyze(bootstrapText([answering("")]))).toBe(0);
    expect([out, err]).toEqual(["", "0 errors, 0 warnings\n"]);
  });

  it("is 1 for mistakes, all of which it prints with their places", async () => {
    expect(await analyze('{ "staticResources": { "clusters": [ { "name": "", "type": "STATIK" } ] },\n "admn": {} }')).toBe(1);
    expect(out).toMatch(/a\.json:1:\d+: error.*STATIK/);
    expect(out).toMatch(/a\.json:2:2: error.*"admn".*"admin"/);
    expect(err).toBe("3 errors, 0 warnings\n");
  });

  it("finds what only building finds", async () => {
    const regex = { match: { safe_regex: { regex: "(" } }, direct_response: { status: 200 } };
    expect(await analyze(bootstrapText([answering("", 0, { route: regex })]))).toBe(1);
    expect(out).toMatch(/a\.json:\d+:\d+: error.*regex/);
  });

  it("takes what is known but not built for a warning, when told to", async () => {
    const text = bootstrapText([answering("", 0, { hcm: { http1_safe_max_connection_duration: true } })]);
    expect(await analyze(text)).toBe(1);
    out = err = "";
    expect(await analyze(text, { allowUnsupported: true })).toBe(0);
    expect(err).toBe("0 errors, 1 warning\n");
  });

  it("names a file that can't be read once, and goes on with the others", async () => {
    const files = [
      { file: "gone.yaml", text: new ReadError("gone.yaml", "there is no such file") },
      { file: "b.json", text: "[]" },
    ];
    expect(await analyzeFiles(files, OPTIONS)).toBe(1);
    expect(out).toMatch(/^gone\.yaml: error: there is no such file\nb\.json:1:1: error/);
  });

  it("prints JSON", async () => {
    expect(await analyze("", { json: true })).toBe(1);
    expect(JSON.parse(out)).toMatchObject([{ file: "a.json", line: 1, severity: "error" }]);
  });
});
