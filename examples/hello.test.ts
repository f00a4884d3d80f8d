import type { FilterScope, HeaderMap, HttpStream } from "isthmus/plugin";
import * as v from "valibot";
import { expect, it } from "vitest";
import { allFilters, Gateway } from "../gateway/index.ts";
import hello from "./hello.ts";

it("greets in a header of the response", () => {
  const headers = new Map<string, string>();
  const filter = hello.create({ greeting: "good morning" }, {} as FilterScope);
  void filter.onResponseHeaders?.({} as HttpStream, headers as unknown as HeaderMap, true, undefined);
  expect(headers.get("x-hello")).toBe("good morning");
});

it("takes a greeting and nothing else", () => {
  const schema = hello.config as v.GenericSchema;
  expect(v.is(schema, { greeting: "hi" })).toBe(true);
  expect(v.is(schema, {})).toBe(false);
  expect(v.is(schema, { greeting: 5 })).toBe(false);
  expect(v.is(schema, { greeting: "hi", color: "red" })).toBe(false);
});

it("hello.yaml runs it", async () => {
  const file = new URL("hello.yaml", import.meta.url).pathname;
  expect(await Gateway.check({ file, filters: allFilters })).toEqual([]);
});
