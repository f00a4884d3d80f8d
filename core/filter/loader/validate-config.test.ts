import * as v from "valibot";
import { describe, expect, it } from "vitest";
import type { FilterDefinition, StandardSchema } from "../../contract/filter.ts";
import { validateConfig } from "./validate-config.ts";

const where = "http_filters[0].typed_config.value";

function define(config?: StandardSchema): Pick<FilterDefinition, "id" | "config" | "routeConfig"> {
  return { id: "test", config };
}

/** A schema as another library might make it. */
function schema(validate: StandardSchema["~standard"]["validate"], extra: object = {}): StandardSchema {
  return { "~standard": { version: 1, vendor: "other", validate }, ...extra };
}

function messages(config: StandardSchema | undefined, raw: unknown): string[] {
  return (validateConfig(define(config), raw, where).issues ?? []).map((issue) => issue.message);
}

const greeting = v.strictObject({
  greeting: v.string(),
  limits: v.optional(v.strictObject({ burst: v.optional(v.pipe(v.number(), v.minValue(1)), 7) })),
  names: v.optional(v.array(v.strictObject({ name: v.string() }))),
});

describe("validateConfig", () => {
  it("gives what the schema made of the configuration", () => {
    expect(validateConfig(define(greeting), { greeting: "hi", limits: {} }, where)).toEqual({
      value: { greeting: "hi", limits: { burst: 7 } },
    });
  });

  it("reads no configuration as an empty one", () => {
    expect(validateConfig(define(v.strictObject({ a: v.optional(v.number(), 1) })), undefined, where)).toEqual({
      value: { a: 1 },
    });
    expect(validateConfig(define(), undefined, where)).toEqual({ value: undefined });
    expect(validateConfig(define(), {}, where)).toEqual({ value: undefined });
  });

  it("gives one message for each mistake, with path and what was found", () => {
    expect(messages(greeting, { greeting: 5, limits: { burst: 0 }, names: [{ name: "a" }, { name: false }] })).toEqual([
      `${where}.greeting: Invalid type: Expected string but received 5`,
      `${where}.limits.burst: Invalid value: Expected >=1 but received 0`,
      `${where}.names[1].name: Invalid type: Expected string but received false`,
    ]);
  });

  it("points at the nearest place that exists when something is missing", () => {
    const { issues } = validateConfig(define(greeting), { greeting: "x", names: [{}] }, where);
    expect(issues).toEqual([
      {
        path: ["names", 0, "name"],
        nearest: ["names", 0],
        found: "nothing",
        text: 'Invalid key: Expected "name" but received undefined, found nothing',
        message: `${where}.names[0].name: Invalid key: Expected "name" but received undefined, found nothing`,
      },
    ]);
  });

  it("refuses unknown keys and names the known one that is nearest, or all", () => {
    expect(messages(greeting, { greting: "hi", greeting: "hi" })).toEqual([
      `${where}.greting: unknown key "greting"; did you mean "greeting"?`,
    ]);
    expect(messages(greeting, { greeting: "hi", limits: { color: 1 } })).toEqual([
      `${where}.limits.color: unknown key "color"; wanted burst`,
    ]);
  });

  it("splits what zod says of several keys", () => {
    const zod = schema(
      () => ({ issues: [{ message: "Unrecognized keys", path: [], code: "unrecognized_keys", keys: ["b", "ac"] } as never] }),
      {
        shape: { aa: {} },
      },
    );
    expect(messages(zod, { b: 1, ac: 2 })).toEqual([
      `${where}.b: unknown key "b"; wanted aa`,
      `${where}.ac: unknown key "ac"; did you mean "aa"?`,
    ]);
  });

  it("adds what was found where the library doesn't, shortened", () => {
    const other = schema(() => ({ issues: [{ message: "wrong", path: [{ key: "a" }] }] }));
    expect(messages(other, { a: "x".repeat(200) })).toEqual([`${where}.a: wrong, found "${"x".repeat(79)}...`]);
  });

  it("refuses a configuration where none is taken", () => {
    expect(messages(undefined, { a: 1 })).toEqual([`${where}: filter "test" takes no configuration, found {"a":1}`]);
  });

  it("refuses an asynchronous schema, also when it rejects", () => {
    expect(
      messages(
        schema(() => Promise.reject(new Error("late"))),
        {},
      ),
    ).toEqual([
      `${where}: the schema of filter "test" is asynchronous; a configuration is checked at once, so use synchronous checks, found {}`,
    ]);
  });

  it("reports a schema that throws", () => {
    const throwing = schema(() => {
      throw new Error("bad schema");
    });
    expect(messages(throwing, {})).toEqual([`${where}: the schema of filter "test" threw: bad schema, found {}`]);
  });

  it("uses the schema of the route's configuration where there is one", () => {
    const definition = { ...define(greeting), routeConfig: v.strictObject({ disabled: v.boolean() }) };
    expect(validateConfig(definition, { disabled: true }, where, "routeConfig")).toEqual({ value: { disabled: true } });
    expect(validateConfig(define(greeting), { greeting: "x" }, where, "routeConfig")).toEqual({ value: { greeting: "x" } });
  });
});
