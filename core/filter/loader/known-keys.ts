/** The parts of valibot's and zod's schemas that lead to an object's keys. Standard Schema itself tells nothing of them. */
interface Inspectable {
  /** valibot: object. */
  readonly entries?: Readonly<Record<string, Inspectable>>;
  /** zod: object. */
  readonly shape?: Readonly<Record<string, Inspectable>>;
  /** valibot: array. */
  readonly item?: Inspectable;
  /** zod: array. */
  readonly element?: Inspectable;
  /** valibot: optional, nullable and the like. */
  readonly wrapped?: Inspectable;
  /** zod: optional, nullable, default. */
  unwrap?(): Inspectable;
}

/**
 * The keys that an object schema knows at `path`, or undefined when that can't be seen: for another library, a union, a record.
 * Only a better message hangs on it.
 */
export function knownKeys(schema: object, path: readonly (string | number)[]): readonly string[] | undefined {
  let at: Inspectable | undefined = unwrap(schema);
  for (const key of path) {
    at = unwrap(typeof key === "number" ? (at?.item ?? at?.element) : (at?.entries ?? at?.shape)?.[key]);
    if (at === undefined) return undefined;
  }
  const fields = at?.entries ?? at?.shape;
  return typeof fields === "object" && fields !== null ? Object.keys(fields) : undefined;
}

function unwrap(schema: Inspectable | undefined): Inspectable | undefined {
  let at = schema;
  for (let i = 0; i < 8 && typeof at === "object" && at !== null; i++) {
    if (at.wrapped !== undefined) at = at.wrapped;
    else if (typeof at.unwrap === "function" && at.element === undefined) at = at.unwrap();
    else break;
  }
  return at;
}
