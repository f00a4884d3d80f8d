import { beforeAll, describe, expect, test } from "vitest";
import { testEnds } from "../../test/lib/tls-ends.ts";
import { connectionCases, overTls } from "./connection.conformance.ts";
import { hasNativePath } from "./handle-connection.ts";
import { nativeTls } from "./tls/native-tls.ts";

test("this runtime has the native path", () => {
  expect(hasNativePath).toBe(true);
});

for (const path of ["native", "portable"] as const) {
  for (const { name, run } of connectionCases) {
    test(`${path}: ${name}`, () => run(path === "native"));
  }
}

describe("over TLS", () => {
  let ends: Parameters<typeof overTls>[0];
  beforeAll(async () => {
    ends = await testEnds();
  });

  test("this runtime has the native path for TLS", () => {
    expect(nativeTls()).not.toBeNull();
  });

  for (const path of ["native", "portable"] as const) {
    for (const { name, plainOnly, run } of connectionCases) {
      if (plainOnly !== true) test(`${path}: ${name}`, () => overTls(ends, () => run(path === "native")));
    }
  }
});
