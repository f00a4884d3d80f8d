import { expect, it } from "vitest";
import { hiddenField } from "./hidden-field.ts";

it("a hidden field is an object's own, and nobody sees it", () => {
  const [a, b] = [hiddenField<number>(), hiddenField<number>()];
  const object = { x: 1 };
  a.set(object, 1);
  b.set(object, 2);
  a.set(object, 3);
  expect([a.get(object), b.get(object), a.get({}), a.get({ ...object })]).toEqual([3, 2, undefined, undefined]);
  expect(Reflect.ownKeys(object)).toEqual(["x"]);
  expect(object).toEqual({ x: 1 });
  expect(JSON.stringify(object)).toBe('{"x":1}');
});

it("lists and frozen objects may have one", () => {
  const field = hiddenField<string>();
  const frozen = Object.freeze(["a"]);
  field.set(frozen, "of a list");
  expect(field.get(frozen)).toBe("of a list");
});
