import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { isPlugin } from "../core/filter/loader/plugin-brand.ts";
import { defineFilter, HOLD, type FilterDefinition, type HttpFilter, type HttpStream } from "./plugin.ts";

const base = { id: "test", status: "alpha", posture: "untrusted", create: () => ({}) } as const;

describe("defineFilter", () => {
  it("brands a definition so that any copy of the code knows it", () => {
    const plugin = defineFilter(base);
    expect(plugin.kind).toBe("http_filter");
    expect((plugin as unknown as Record<symbol, unknown>)[Symbol.for("isthmus.plugin")]).toBe(1);
    expect(isPlugin(plugin)).toBe(true);
    expect(isPlugin({ ...base, kind: "http_filter" })).toBe(false);
    expect(isPlugin(null)).toBe(false);
  });

  it("infers the configuration from a valibot schema", () => {
    const schema = v.strictObject({ greeting: v.string(), times: v.optional(v.pipe(v.string(), v.transform(Number)), "1") });
    const plugin = defineFilter({
      ...base,
      config: schema,
      create: (config) => {
        expectTypeOf(config).toEqualTypeOf<{ greeting: string; times: number }>();
        return {};
      },
    });
    expectTypeOf(plugin).toExtend<FilterDefinition<{ greeting: string; times: number }, undefined>>();
  });

  it("gives undefined as the configuration where there is no schema", () => {
    defineFilter({
      ...base,
      create: (config) => {
        expectTypeOf(config).toEqualTypeOf<undefined>();
        return {};
      },
    });
  });

  it("takes the type of the state from what create says it returns", () => {
    const plugin = defineFilter({
      ...base,
      config: v.strictObject({ limit: v.number() }),
      create: (config): HttpFilter<{ left: number }> => ({
        createState: () => ({ left: config.limit }),
        onRequestBody(_stream, chunk, _end, state) {
          expectTypeOf(state).toEqualTypeOf<{ left: number }>();
          state.left -= chunk.length;
        },
      }),
    });
    expectTypeOf(plugin.create).returns.toEqualTypeOf<HttpFilter<{ left: number }>>();
  });

  it("infers the per-route configuration from its own schema, or from that of the filter", () => {
    defineFilter({
      ...base,
      config: v.strictObject({ a: v.number() }),
      createRouteConfig: (route) => expectTypeOf(route).toEqualTypeOf<{ a: number }>(),
    });
    defineFilter({
      ...base,
      config: v.strictObject({ a: v.number() }),
      routeConfig: v.strictObject({ disabled: v.boolean() }),
      createRouteConfig: (route) => expectTypeOf(route).toEqualTypeOf<{ disabled: boolean }>(),
      create: (config) => {
        expectTypeOf(config).toEqualTypeOf<{ a: number }>();
        return {};
      },
    });
  });

  it("lets hooks return nothing, a reply, HOLD, bytes or a promise, and nothing else", () => {
    defineFilter({
      ...base,
      buffer: { request: 10 },
      create: () => ({
        onRequestHeaders: (s: HttpStream) => (s.active ? HOLD : s.reply(401)),
        onRequestBody: (_s: HttpStream, chunk: Uint8Array) => chunk,
        onResponseHeaders: async (s: HttpStream) => s.reset(),
      }),
    });
    defineFilter({
      ...base,
      // @ts-expect-error a number is no result of a hook
      create: () => ({ onRequestHeaders: () => 5 }),
    });
    defineFilter({
      ...base,
      // @ts-expect-error only header hooks hold
      create: () => ({ onRequestBody: () => HOLD }),
    });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ id: undefined }, 'filter: "id" is missing'],
    [{ id: "" }, 'filter: "id" is "", wanted letters, digits and any of _ . / -, such as "http.filters.api_key"'],
    [{ id: "a b" }, 'filter: "id" is "a b", wanted letters, digits and any of _ . / -, such as "http.filters.api_key"'],
    [{ id: 5 }, 'filter: "id" is a number, wanted a string'],
    [{ create: undefined }, 'filter "test": "create" is missing'],
    [{ create: {} }, 'filter "test": "create" is an object, wanted a function'],
    [{ status: "done" }, 'filter "test": "status" is "done", wanted "stable" or "beta" or "alpha"'],
    [{ onError: "ignore" }, 'filter "test": "onError" is "ignore", wanted "fail" or "skip"'],
    [{ typeUrls: "x" }, 'filter "test": "typeUrls" is a string, wanted an array'],
    [{ typeUrls: [1] }, 'filter "test": "typeUrls" holds something that is not a type URL'],
    [{ buffer: 5 }, 'filter "test": "buffer" is a number, wanted an object or a function'],
    [{ config: {} }, 'filter "test": "config" is no schema; wanted a Standard Schema (valibot, zod, arktype, ...)'],
    [
      { config: { "~standard": { version: 2 } } },
      'filter "test": "config" implements Standard Schema version 2, wanted version 1',
    ],
  ])("refuses %j", (change, message) => {
    expect(() => defineFilter({ ...base, ...change } as never)).toThrow(new TypeError(message));
  });

  it("names an unknown field, and the known ones", () => {
    expect(() => defineFilter({ ...base, configs: {} } as never)).toThrow(
      /filter "test": unknown field "configs"; the fields are kind, id,/,
    );
  });
});

describe("HOLD", () => {
  it("is known by its kind and can't be changed", () => {
    expect(HOLD).toEqual({ kind: "hold" });
    expect(Object.isFrozen(HOLD)).toBe(true);
  });
});
