import { describe, expect, it } from "vitest";
import { findDefinitionProblem, findFilterProblem } from "./definition-shape.ts";

describe("findDefinitionProblem", () => {
  it("finds nothing wrong with a small definition", () => {
    expect(
      findDefinitionProblem({ kind: "http_filter", id: "a.b", status: "alpha", posture: "trusted", create: () => ({}) }),
    ).toBeUndefined();
  });
});

describe("findFilterProblem", () => {
  it.each<[unknown, string | undefined]>([
    [{}, undefined],
    [{ onRequestHeaders: () => undefined, helper: () => 1, count: 5 }, undefined],
    [null, 'filter "x": "create" returned null, wanted an object of hooks'],
    [undefined, 'filter "x": "create" returned undefined, wanted an object of hooks'],
    [Promise.resolve({}), 'filter "x": "create" returned a promise; it must be synchronous'],
    [{ onRequestHeaders: 5 }, 'filter "x": hook "onRequestHeaders" is a number, wanted a function'],
  ])("judges %j", (filter, expected) => {
    expect(findFilterProblem({ id: "x", kind: "http_filter" }, filter)).toBe(expected);
  });

  it("names a misspelt hook", () => {
    expect(findFilterProblem({ id: "x", kind: "http_filter" }, { onRequestHeader: () => undefined })).toMatch(
      /there is no hook "onRequestHeader"; the hooks are createState/,
    );
  });
});
