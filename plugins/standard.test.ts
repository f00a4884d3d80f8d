import { expect, it } from "vitest";
import { findDefinitionProblem } from "../core/filter/loader/definition-shape.ts";
import { isPlugin } from "../core/filter/loader/plugin-brand.ts";
import { standardFilters } from "./standard.ts";

it("lists definitions that are well formed", () => {
  for (const definition of standardFilters) {
    expect(isPlugin(definition)).toBe(true);
    expect(findDefinitionProblem(definition)).toBeUndefined();
  }
});

it("lets no two filters answer to one name", () => {
  const names = standardFilters.flatMap((definition) => [
    definition.id,
    ...(definition.typeUrls ?? []),
    ...(definition.routeTypeUrls ?? []),
  ]);
  expect(new Set(names).size).toBe(names.length);
});
