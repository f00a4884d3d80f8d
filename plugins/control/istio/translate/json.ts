/** A JSON object that is being made: a resource or a part of one. */
export type Json = { readonly [key: string]: unknown };

/** Milliseconds as proto3-JSON writes a duration: `1.5s`. */
export function durationText(milliseconds: number): string {
  // At most nine decimals, as many as there are.
  return `${Number((milliseconds / 1000).toFixed(9))}s`;
}

/** An object without its undefined members. */
export function compact(object: Readonly<Record<string, unknown>>): Json {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) out[key] = value;
  return out;
}

/** The list, or undefined for one without items: unset fields are left out. */
export function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
