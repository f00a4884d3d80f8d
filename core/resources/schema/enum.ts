import { scalarNumber } from "../document/scalar.ts";
import { nearest } from "./names.ts";
import type { AbsentBy, FieldOptions, Schema } from "./schema.ts";
import { schema } from "./schema.ts";

/** Options of an enum field. */
export interface EnumOptions<N extends string, U extends N> extends FieldOptions<Exclude<N, U>> {
  /** Values that Envoy knows and this proxy does not do. When they are allowed, the field is as if unset. */
  readonly unsupported?: readonly U[];
  /** Numbers of the values when they are not 0, 1, 2, ... */
  readonly numbers?: readonly number[];
  /** Only the names as they are written here: neither in another case nor by number. Default false. */
  readonly exact?: boolean;
}

/**
 * An enum by its names, in the order of the `.proto` file. Read by name, in any case as Envoy does, or by number; the result is
 * the name. Without a default, unset is undefined.
 */
export function enumOf<const N extends string, const U extends N = never, const O extends EnumOptions<N, U> = EnumOptions<N, U>>(
  names: readonly N[],
  options?: O & { readonly unsupported?: readonly U[] },
): Schema<Exclude<N, U>, AbsentBy<O>> {
  const unsupported: readonly string[] = options?.unsupported ?? [];
  const numbers = options?.numbers ?? names.map((_, i) => i);
  const exact = options?.exact === true;
  const supported = names.filter((name) => !unsupported.includes(name));
  const wanted = `one of ${supported.join(", ")}`;
  const byText = new Map<string, N>(names.map((name): [string, N] => [name, name]));
  return schema<Exclude<N, U>, AbsentBy<O>>(
    "enum",
    (node, context) => {
      if (node.kind !== "scalar") return context.wanted(node, "wrong_type", wanted);
      let name = byText.get(node.text) ?? (exact ? undefined : byText.get(node.text.toUpperCase()));
      if (name === undefined && !exact) {
        const number = scalarNumber(node);
        if (number !== undefined) name = names[numbers.indexOf(number)];
      }
      if (name === undefined) {
        const near = nearest(node.text, supported);
        return context.wanted(node, "invalid_enum", wanted, near === undefined ? "" : `did you mean "${near}"?`);
      }
      if (unsupported.includes(name)) {
        const severity = context.allowUnsupported ? "warning" : "error";
        context.report(node, "unsupported_value", `${name} is not supported, wanted ${wanted}`, {
          found: name,
          wanted,
          severity,
        });
        return context.allowUnsupported ? options?.default : undefined;
      }
      return name as Exclude<N, U>;
    },
    { ...options, names } as FieldOptions<Exclude<N, U>> & { readonly names: readonly string[] },
  );
}
