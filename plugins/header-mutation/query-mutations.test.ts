import { describe, expect, it } from "vitest";
import { filterRig } from "../../test/plugins/filter-rig.ts";
import { headerMutation } from "./header-mutation.ts";

const append = (key: string, value: string, action = "APPEND_IF_EXISTS_OR_ADD"): string =>
  `{ append: { record: { key: ${key}, value: "${value}" }, action: ${action} } }`;

async function path(mutations: readonly string[], before: string, headers: readonly string[] = []): Promise<string> {
  const config = `{ mutations: { query_parameter_mutations: [${mutations.join(", ")}] } }`;
  return (await filterRig(headerMutation, { config }).send({ path: before, headers })).upstream.path;
}

describe("query parameter mutation", () => {
  it.each([
    ["APPEND_IF_EXISTS_OR_ADD", "/?b=1&a=1&a=2&c&a=new", "/?c&a=new"],
    ["ADD_IF_ABSENT", "/?b=1&a=1&a=2&c", "/?c&a=new"],
    ["OVERWRITE_IF_EXISTS_OR_ADD", "/?b=1&a=new&c", "/?c&a=new"],
    ["OVERWRITE_IF_EXISTS", "/?b=1&a=new&c", "/?c"],
  ])("%s does so with a parameter that is there, and one that is not", async (action, there, absent) => {
    expect(await path([append("a", "new", action)], "/?b=1&a=1&a=2&c")).toBe(there);
    expect(await path([append("a", "new", action)], "/?c")).toBe(absent);
  });

  it("adds a query where there is none, and removes an empty one", async () => {
    expect(await path([append("a", "1")], "/x")).toBe("/x?a=1");
    expect(await path(["{ remove: a }"], "/x?a=1&a=2")).toBe("/x");
    expect(await path(["{ remove: a }"], "/x")).toBe("/x");
    expect(await path(["{ remove: a }"], "/x?b=%20&c")).toBe("/x?b=%20&c");
  });

  it("knows a parameter by its decoded name and leaves the others as they were written", async () => {
    expect(await path(["{ remove: ab }"], "/x?a%62=1&%61b=2&x=%2F+%20&y=%zz&&=5")).toBe("/x?x=%2F+%20&y=%zz&&=5");
  });

  it("encodes names and values, and substitutes", async () => {
    expect(await path([append('"n e"', "~._-/:\u00e9+&%REQ(x-id)%%REQ(none)%")], "/x", ["x-id", "=7"])).toBe(
      "/x?n%20e=%7E._-%2F%3A%C3%A9%2B%26%3D7",
    );
  });

  it.each([
    ["{}", /wanted "append" or "remove"/],
    ["{ append: { record: { key: a, value: 5 } } }", /wanted a text/],
    ["{ append: {} }", /wanted a record/],
  ])("refuses %s", (rule, message) => {
    expect(() => filterRig(headerMutation, { config: `{ mutations: { query_parameter_mutations: [${rule}] } }` })).toThrow(
      message,
    );
  });
});
