import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { TOKEN_LOWER } from "./char-classes.ts";
import { FIELD_HOST, FIELD_OTHER, FIELD_TRANSFER_ENCODING, HASH_SEED, hashStep, knownName } from "./header-names.ts";

function find(name: string) {
  const bytes = Buffer.from(`..${name}..`, "latin1");
  let hash = HASH_SEED;
  for (let i = 2; i < bytes.length - 2; i++) hash = hashStep(hash, TOKEN_LOWER[bytes[i]]);
  return knownName(bytes, 2, bytes.length - 2, hash);
}

describe("knownName", () => {
  it.each([
    ["Host", "host", FIELD_HOST],
    ["TRANSFER-ENCODING", "transfer-encoding", FIELD_TRANSFER_ENCODING],
    ["x-forwarded-for", "x-forwarded-for", FIELD_OTHER],
    ["Sec-CH-UA-Platform", "sec-ch-ua-platform", FIELD_OTHER],
  ])("finds %s", (sent, name, field) => {
    expect(find(sent)).toMatchObject({ name, field });
  });

  it.each(["hosu", "hos", "hosts", "x-unknown", "", "ho\xf3t"])("doesn't find %j", (name) => {
    expect(find(name)).toBeNull();
  });

  it("isn't deceived by a name that shares a slot", () => {
    for (let i = 0; i < 20_000; i++) expect(find(`x-${i}`)).toBeNull();
  });
});
