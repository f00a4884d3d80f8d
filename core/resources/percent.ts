import type { DecodeContext } from "./schema/context.ts";
import type { Infer, Schema } from "./schema/index.ts";
import { double, enumOf, message, required, string, uint32, withDefault } from "./schema/index.ts";
import type { Node } from "./document/node.ts";

const PercentMessage = message("envoy.type.v3.Percent", {
  /** 0 to 100. */
  value: double({ min: 0, max: 100, default: 0 }),
});

/** A percentage as a plain number, 0 to 100; written `{ value: 12.5 }`. */
export const Percent: Schema<number> = mapped(PercentMessage, ({ value }) => value, "write { value: ... }");

/** A fraction: `numerator` of `denominator`. */
/** A share as a numerator, and a denominator that is a number. */
export interface FractionalPercent {
  /** Default 0. */
  readonly numerator: number;
  /** 100 (default), 10,000 or 1,000,000; written as HUNDRED, TEN_THOUSAND, MILLION. */
  readonly denominator: number;
}

const DENOMINATORS = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

const FractionalPercentMessage = message("envoy.type.v3.FractionalPercent", {
  numerator: uint32({ default: 0 }),
  denominator: enumOf(["HUNDRED", "TEN_THOUSAND", "MILLION"], { default: "HUNDRED" }),
});

export const FractionalPercent: Schema<FractionalPercent> = mapped(FractionalPercentMessage, ({ numerator, denominator }) => ({
  numerator,
  denominator: DENOMINATORS[denominator],
}));

/** A fraction that a runtime value may override. Envoy: `config.core.v3.RuntimeFractionalPercent`. */
export const RuntimeFractionalPercent = message("envoy.config.core.v3.RuntimeFractionalPercent", {
  defaultValue: required(FractionalPercent),
  /** Key of the runtime value; "" (default): none. */
  runtimeKey: string({ default: "" }),
});
export type RuntimeFractionalPercent = Infer<typeof RuntimeFractionalPercent>;

/** A percentage that a runtime value may override. */
export const RuntimePercent = message("envoy.config.core.v3.RuntimePercent", {
  /** Default 0. */
  defaultValue: withDefault(Percent, 0),
  /** Key of the runtime value. */
  runtimeKey: string({ minLength: 1, required: true }),
});
export type RuntimePercent = Infer<typeof RuntimePercent>;

/** An integer that a runtime value may override. */
export const RuntimeUInt32 = message("envoy.config.core.v3.RuntimeUInt32", {
  /** Default 0. */
  defaultValue: uint32({ default: 0 }),
  /** Key of the runtime value; "" (default): none. */
  runtimeKey: string({ default: "" }),
});
export type RuntimeUInt32 = Infer<typeof RuntimeUInt32>;

/** A number that a runtime value may override. */
export const RuntimeDouble = message("envoy.config.core.v3.RuntimeDouble", {
  /** Default 0. */
  defaultValue: double({ default: 0 }),
  /** Key of the runtime value; "" (default): none. */
  runtimeKey: string({ default: "" }),
});
export type RuntimeDouble = Infer<typeof RuntimeDouble>;

/** A message that is read into something handier. */
function mapped<M, V>(inner: Schema<M>, convert: (value: M) => V, hint = ""): Schema<V> {
  return {
    ...inner,
    kind: "mapped",
    inner: () => inner,
    decode: (node: Node, context: DecodeContext) => {
      if (node.kind === "scalar" && hint !== "") return context.wanted(node, "wrong_type", "an object", hint);
      const value = inner.decode(node, context);
      return value === undefined ? undefined : convert(value);
    },
  } as unknown as Schema<V>;
}
