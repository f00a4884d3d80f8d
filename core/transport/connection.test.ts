import { expect, test } from "vitest";
import { connectionCases } from "./connection.conformance.ts";
import { native } from "./native.ts";

test("this runtime has the native path", () => {
  expect(native).not.toBeNull();
});

for (const path of ["native", "portable"] as const) {
  for (const { name, run } of connectionCases) {
    test(`${path}: ${name}`, () => run(path === "native"));
  }
}
