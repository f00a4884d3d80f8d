import { isNull } from "../document/scalar.ts";
import type { MapNode, Node } from "../document/node.ts";
import type { DecodeContext } from "./context.ts";
import { keyOffset, nodeOf, remember } from "./context.ts";
import { knownField } from "../descriptors.ts";
import { camelCase, nearest, snakeCase } from "./names.ts";
import type { FieldType, Schema } from "./schema.ts";

/** The fields of a message by their camelCase names. */
export type Fields = Readonly<Record<string, Schema<unknown, unknown>>>;

/** The object that a message with these fields is read into: every field is there, unset ones as `undefined` or their default. */
export type MessageOf<F extends Fields> = { readonly [K in keyof F]: FieldType<F[K]> };

/** Fields of which at most one may be set, or exactly one when `required`. */
export interface OneOf<K extends string = string> {
  /** The name in the `.proto` file. */
  readonly name: string;
  readonly fields: readonly K[];
  readonly required?: boolean;
}

/**
 * Reports a mistake of a whole message: `key` is the camelCase field that it is about. `within`: the message below that has the field,
 * when it is not the one that is checked.
 */
export interface Complain<K extends string = string> {
  (message: string, key?: K): void;
  (message: string, key: string, within: object): void;
}

/** What a message has besides its fields. */
export interface MessageOptions<F extends Fields> {
  readonly oneofs?: readonly OneOf<keyof F & string>[];
  /** Names in the `.proto` file that do not follow from the camelCase ones (`proxy_100_continue`). */
  readonly protoNames?: { readonly [K in keyof F]?: string };
  /**
   * How keys are written. "any" (default): snake_case and camelCase, as Envoy reads them. "camelCase": only these, and so they are
   * named in errors: Kubernetes drops what is written otherwise.
   */
  readonly names?: "any" | "camelCase";
  /** What unknown keys are: "report" (default) as the context says, or "ignore" for messages of which only a part is of interest. */
  readonly unknown?: "report" | "ignore";
  /**
   * Reads a node only once: asking again, also for another update, gives the same object, so that what was made from it can be kept as well. For what
   * a configuration may have many of: clusters, virtual hosts, routes. What had mistakes or warnings is read anew, for these belong to each
   * context that asks. Default false.
   */
  readonly kept?: boolean;
  /** Rules across fields. Called only when every field was read without mistakes. */
  readonly check?: (value: MessageOf<F>, complain: Complain<keyof F & string>) => void;
}

/** The schema of a message; also tells its parts, for tests that compare it with Envoy's descriptors. */
export interface MessageSchema<V, F extends Fields = Fields> extends Schema<V> {
  readonly kind: "message";
  /** Full name of the protobuf type: `envoy.config.route.v3.Route`. */
  readonly typeName: string;
  readonly fields: F;
  readonly oneofs: readonly OneOf[];
  /** Name in the `.proto` file of a field. */
  protoName(field: string): string;
  /** What a message without members is: all defaults. Frozen; the same object each time. Meant for messages without required fields. */
  empty(): V;
  /** Reads the members of an Any: as `decode`, but passes over `@type`. */
  decodeAny(node: Node, context: DecodeContext): V | undefined;
  /** Whether reading this node gives an object that is kept. */
  isKept(node: Node): boolean;
}

interface FieldPlan {
  readonly name: string;
  readonly proto: string;
  readonly schema: Schema<unknown, unknown>;
}

/** What a field holds while its mistakes wait to be shown: neither set nor unset. */
const FAILED = null;

/**
 * A protobuf message. Keys are read in snake_case and camelCase; null means unset. Unknown keys are errors that name the nearest
 * known one; keys that Envoy knows and this schema does not are errors that say so.
 */
export function message<F extends Fields>(
  typeName: string,
  fields: F,
  options: MessageOptions<F> = {},
): MessageSchema<MessageOf<F>, F> {
  const { oneofs = [], check } = options;
  const protoNames = (options.protoNames ?? {}) as Readonly<Record<string, string | undefined>>;
  const camelOnly = options.names === "camelCase";
  const ignoreUnknown = options.unknown === "ignore";
  const protoName = (field: string): string => protoNames[field] ?? (camelOnly ? field : snakeCase(field));
  let plan: Map<string, FieldPlan> | undefined;
  let template: Record<string, unknown>;
  let needed: FieldPlan[];
  let emptyValue: MessageOf<F> | undefined;
  const values = options.kept === true ? new WeakMap<Node, MessageOf<F>>() : undefined;

  // Most messages of this proxy are not in a given file: their plans are made when first met.
  function prepare(): Map<string, FieldPlan> {
    plan = new Map();
    needed = [];
    const entries: [string, unknown][] = [];
    for (const [name, field] of Object.entries(fields)) {
      const proto = protoName(name);
      const entry: FieldPlan = { name, proto, schema: field };
      plan.set(proto, entry);
      plan.set(name, entry);
      if (!camelOnly) plan.set(camelCase(proto), entry);
      if (field.unsupported === undefined || field.fallback !== undefined) entries.push([name, field.fallback]);
      if (field.required) needed.push(entry);
    }
    // Not filled key by key: past a dozen of those the engine makes it a hash table, and copies of it take 8 us instead of 0.1.
    template = Object.fromEntries(entries);
    return plan;
  }

  function read(node: Node, context: DecodeContext, except: string | undefined): MessageOf<F> | undefined {
    if (node.kind !== "map") return context.wanted(node, "wrong_type", `an object (${typeName})`);
    const byName = plan ?? prepare();
    const before = context.failures;
    const value: Record<string, unknown> = { ...template };
    const { keys, values } = node;
    for (let i = 0; i < keys.length; i++) {
      const entry = byName.get(keys[i]);
      if (entry === undefined) {
        if (keys[i] !== except && !ignoreUnknown) unknownField(node, i, byName, context);
        continue;
      }
      const member = values[i];
      const field = entry.schema;
      if (isNull(member) && !field.nullable) continue;
      if (field.unsupported !== undefined) {
        if (!isHarmless(member, field.harmless)) unsupportedField(node, i, field.unsupported, context);
        continue;
      }
      if (value[entry.name] !== template[entry.name]) {
        // The same key twice was reported when the text was read.
        if (keys.indexOf(keys[i]) < i) continue;
        const wanted = `one of "${entry.proto}" and "${entry.name}"`;
        context.report(node, "duplicate_key", `"${keys[i]}" was set before under its other name, wanted ${wanted}`, {
          found: JSON.stringify(keys[i]),
          wanted,
          offset: node.keyOffsets[i],
          key: keys[i],
        });
        continue;
      }
      const failuresBefore = context.failures;
      const decoded = field.decode(member, context);
      // Nothing, and no mistake: as if it were not written.
      if (decoded !== undefined) value[entry.name] = decoded;
      else if (context.failures !== failuresBefore) value[entry.name] = FAILED;
    }
    for (const entry of needed) {
      if (value[entry.name] === template[entry.name])
        context.report(node, "missing_field", `"${entry.proto}" is required`, { wanted: `"${entry.proto}"` });
    }
    for (const oneof of oneofs) checkOneof(node, value, oneof, fields, protoName, context);
    if (check !== undefined && context.failures === before) {
      check(value as MessageOf<F>, (text: string, key?: string, within?: object) => {
        const owner = (within === undefined ? undefined : nodeOf(within)) ?? node;
        const at = key === undefined || owner.kind !== "map" ? undefined : (owner.get(protoName(key)) ?? owner.get(key));
        context.report(at ?? owner, "invalid_value", text);
      });
    }
    remember(value, node);
    if (context.failures === before) return value as MessageOf<F>;
    if (!context.partial) return undefined;
    for (const name of Object.keys(value)) if (value[name] === FAILED) value[name] = template[name];
    return value as MessageOf<F>;
  }

  function readOnce(node: Node, context: DecodeContext): MessageOf<F> | undefined {
    const known = values?.get(node);
    if (known !== undefined) return known;
    const { reports, unknownFields } = context;
    const value = read(node, context, undefined);
    if (value !== undefined && context.reports === reports && context.unknownFields === unknownFields) values?.set(node, value);
    return value;
  }

  function unknownField(node: MapNode, index: number, byName: ReadonlyMap<string, FieldPlan>, context: DecodeContext): void {
    if (context.countUnknown) {
      context.unknownFields++;
      return;
    }
    const key = node.keys[index];
    // What this proxy knows beside Envoy's API is described in full.
    if (!camelOnly && knownField(typeName, key)) {
      unsupportedField(node, index, "", context);
      return;
    }
    const candidates = new Set<string>();
    for (const entry of byName.values()) candidates.add(key.includes("_") || !/[A-Z]/.test(key) ? entry.proto : entry.name);
    const near = nearest(key, candidates);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    context.report(node, "unknown_field", `unknown field "${key}" in ${typeName}${hint}`, {
      found: JSON.stringify(key),
      wanted: near === undefined ? `a field of ${typeName}` : JSON.stringify(near),
      offset: node.keyOffsets[index],
      key,
    });
  }

  function unsupportedField(node: MapNode, index: number, reason: string, context: DecodeContext): void {
    const key = node.keys[index];
    context.report(node, "unsupported_field", `"${key}" of ${typeName} is not supported${reason === "" ? "" : `: ${reason}`}`, {
      found: JSON.stringify(key),
      offset: node.keyOffsets[index],
      key,
      severity: context.allowUnsupported ? "warning" : "error",
    });
  }

  return {
    kind: "message",
    typeName,
    fields,
    oneofs,
    protoName,
    fallback: undefined,
    required: false,
    nullable: false,
    unsupported: undefined,
    empty: () => {
      if (plan === undefined) prepare();
      return (emptyValue ??= Object.freeze({ ...template }) as MessageOf<F>);
    },
    decode: values === undefined ? (node, context) => read(node, context, undefined) : readOnce,
    decodeAny: (node, context) => read(node, context, "@type"),
    isKept: (node) => values?.has(node) === true,
  };
}

function isHarmless(node: Node, harmless: readonly string[] = []): boolean {
  return node.kind === "list" ? node.items.length === 0 : node.kind === "scalar" && harmless.includes(node.text);
}

function checkOneof(
  node: MapNode,
  value: Readonly<Record<string, unknown>>,
  oneof: OneOf,
  fields: Fields,
  protoName: (field: string) => string,
  context: DecodeContext,
): void {
  let set = 0;
  for (const field of oneof.fields) if (value[field] !== undefined) set++;
  if (set === 1) return;
  if (set === 0 && oneof.required !== true) return;
  const names = oneof.fields.filter((field) => fields[field].unsupported === undefined).map((field) => `"${protoName(field)}"`);
  if (set === 0) {
    if (oneof.fields.some((field) => isWritten(node, field, protoName(field)))) return;
    const wanted = names.length === 1 ? `${names[0]}` : `one of ${names.join(", ")}`;
    context.report(node, "oneof_missing", `${wanted} is required (${oneof.name})`, { wanted });
    return;
  }
  const written = node.keys.filter((key) =>
    oneof.fields.some((field) => (key === field || key === protoName(field)) && value[field] !== undefined),
  );
  const second = written[1] ?? written[0];
  context.report(
    node,
    "oneof_conflict",
    `${written.map((key) => `"${key}"`).join(" and ")} exclude each other, wanted one (${oneof.name})`,
    {
      found: written.map((key) => `"${key}"`).join(" and "),
      wanted: `one of ${names.join(", ")}`,
      offset: keyOffset(node, second),
      key: second,
    },
  );
}

/** Whether a member of a oneof stands there although it set nothing: it is unsupported, which was said already. */
function isWritten(node: MapNode, field: string, proto: string): boolean {
  const member = node.get(proto) ?? node.get(field);
  return member !== undefined && !isNull(member);
}
