import { expect, test } from "vitest";
import { connectionCases } from "./connection.conformance.ts";
import { hasNativePath } from "./handle-connection.ts";

test("this runtime has the native path", () => {
  expect(hasNativePath).toBe(true);
});

for (const path of ["native", "portable"] as const) {
  for (const { name, run } of connectionCases) {
    test(`${path}: ${name}`, () => run(path === "native"));
  }
}
