import type { ResourceSchema } from "../../contract/filter.ts";
import type { Node } from "../document/node.ts";
import type { DecodeContext } from "./context.ts";

/**
 * Reads a value of type `V` from a node. `A` is what a field of this type is when it is not set: `undefined`, or `never` when it
 * has a default or must be set. The static type of a message follows from its fields: `type Route = Infer<typeof Route>`.
 */
export interface Schema<V, A = undefined> extends ResourceSchema<V> {
  readonly kind: string;
  /** Only for types: never set. */
  readonly __absent?: A;
  /** What an unset field is. Shared by all messages, hence frozen when it is an object. */
  readonly fallback: V | undefined;
  /** An unset field is an error. */
  readonly required: boolean;
  /** Whether null is a value (`google.protobuf.Value`), not an unset field. */
  readonly nullable: boolean;
  /** Why this proxy does not do what the field asks for; undefined when it does. */
  readonly unsupported: string | undefined;
  /** Of a list, map or lazy schema: that of its items or values, for those who compare schemas. */
  readonly inner?: () => Schema<unknown, unknown>;
  /** Of an enum: its names, supported or not. */
  readonly names?: readonly string[];
  /** Of an unsupported field: the values that ask for nothing. */
  readonly harmless?: readonly string[];
  /** The value, or undefined after the mistakes were reported to the context. */
  decode(node: Node, context: DecodeContext): V | undefined;
}

/** The type of what a schema reads. */
export type Infer<S> = S extends Schema<infer V, infer _A> ? V : never;

/** The type of a field of this schema in its message. */
export type FieldType<S> = S extends Schema<infer V, infer A> ? V | A : never;

/** Options that every scalar has. */
export interface FieldOptions<V> {
  /** What an unset field is. Without it: undefined, or an error when `required`. */
  readonly default?: V;
  /** The field must be set. Envoy: `validate.rules` with `required`, or a minimum that an unset field would not meet. */
  readonly required?: boolean;
}

/** `never` when the options say that the field always has a value. */
export type AbsentBy<O> = O extends { readonly default: unknown }
  ? never
  : O extends { readonly required: true }
    ? never
    : undefined;

/** Makes a schema from its reading function. */
export function schema<V, A = undefined>(
  kind: string,
  decode: (node: Node, context: DecodeContext) => V | undefined,
  options: FieldOptions<V> & Pick<Partial<Schema<V>>, "nullable" | "inner" | "names"> = {},
): Schema<V, A> {
  return {
    kind,
    inner: options.inner,
    names: options.names,
    fallback: options.default,
    required: options.required === true,
    nullable: options.nullable === true,
    unsupported: undefined,
    decode,
  };
}

/** The same schema for a field that must be set. */
export function required<V, A>(inner: Schema<V, A>): Schema<V, never> {
  return { ...inner, fallback: undefined, required: true } as Schema<V, never>;
}

/** The same schema for a field with a value when unset. */
export function withDefault<V, A>(inner: Schema<V, A>, value: V): Schema<V, never> {
  return { ...inner, fallback: value, required: false } as Schema<V, never>;
}

/** A message field that is never undefined: unset is the message with all its defaults. */
export function orEmpty<V>(inner: Schema<V> & { empty(): V }): Schema<V, never> {
  return { ...inner, fallback: inner.empty() } as unknown as Schema<V, never>;
}

/**
 * Marks a field that Envoy has and this proxy does not (yet) do: setting it is an error with the reason, or a warning when allowed.
 * Null, an empty list and the `harmless` scalars (what Envoy takes when the field is unset) are passed over.
 */
export function unsupported(reason: string, harmless: readonly string[] = []): Schema<never> {
  return { ...schema<never>("unsupported", () => undefined), unsupported: reason, harmless };
}

/**
 * A schema that is looked up when first used, for messages that contain themselves. The type has to be written out:
 * `const Tree: Schema<Tree> = message(...)`.
 */
export function lazy<V>(get: () => Schema<V, unknown>): Schema<V> {
  return schema<V>("lazy", (node, context) => get().decode(node, context), { inner: get });
}

/**
 * A field that is described but does nothing yet: set to anything but the `harmless` values it is refused as `unsupported` ones are, and
 * else (or where these are warnings) it has its default.
 */
export function notBuilt<V, A>(inner: Schema<V, A>, reason: string, harmless: readonly string[] = []): Schema<V, A> {
  return { ...inner, unsupported: reason, harmless };
}
