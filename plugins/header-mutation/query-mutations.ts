import type { StreamInfo } from "../../core/contract/stream.ts";
import type { Formatter } from "../../core/format/compile-format.ts";
import type { HeaderAppendAction } from "../../core/resources/base.ts";
import type { KeyValueMutation } from "../../core/resources/filters/header-mutation.ts";
import { ConfigProblemError, refuse } from "../config-problem.ts";
import { compileText } from "../routing/table/text-format.ts";

interface QueryMutation {
  /** As it is compared: decoded, as a byte string. */
  readonly name: string;
  /** As it is written. */
  readonly encodedName: string;
  /** null: remove it. */
  readonly value: Formatter | null;
  readonly action: HeaderAppendAction;
}

/**
 * Changes of a path's query, in order. Parameters that no rule names stay as they are, in their places. (Envoy sorts all of them by name and
 * leaves them decoded, so that a `%20` becomes a blank, which no request line may hold.)
 */
export class QueryMutations {
  readonly #mutations: readonly QueryMutation[];

  constructor(rules: readonly KeyValueMutation[]) {
    this.#mutations = rules.map(compile);
  }

  /** The path with its query changed; the same string when nothing changes. */
  apply(info: StreamInfo, path: string): string {
    if (this.#mutations.length === 0) return path;
    const start = path.indexOf("?");
    const query = start < 0 ? "" : path.slice(start + 1);
    const parameters = query === "" ? [] : query.split("&");
    for (const mutation of this.#mutations) change(parameters, mutation, info);
    const changed = parameters.join("&");
    if (changed === query) return path;
    return (start < 0 ? path : path.slice(0, start)) + (changed === "" ? "" : `?${changed}`);
  }
}

function change(parameters: string[], mutation: QueryMutation, info: StreamInfo): void {
  const { value, action } = mutation;
  const first = parameters.findIndex((parameter) => nameOf(parameter) === mutation.name);
  if (value === null) {
    if (first >= 0) dropFrom(parameters, first, mutation.name);
    return;
  }
  if (action === "ADD_IF_ABSENT" ? first >= 0 : action === "OVERWRITE_IF_EXISTS" && first < 0) return;
  const written = `${mutation.encodedName}=${encodeQuery(value.format(info))}`;
  if (first < 0 || action === "APPEND_IF_EXISTS_OR_ADD") parameters.push(written);
  else {
    dropFrom(parameters, first + 1, mutation.name);
    parameters[first] = written;
  }
}

function dropFrom(parameters: string[], from: number, name: string): void {
  for (let i = parameters.length - 1; i >= from; i--) if (nameOf(parameters[i]) === name) parameters.splice(i, 1);
}

function nameOf(parameter: string): string {
  const end = parameter.indexOf("=");
  const name = end < 0 ? parameter : parameter.slice(0, end);
  return name.includes("%")
    ? name.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : name;
}

/** Percent-encodes a byte string, as Envoy does: all but letters, digits and `-._`. */
function encodeQuery(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9\-._]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

function compile(rule: KeyValueMutation): QueryMutation {
  const wrong = (about: object, key: string, message: string): never => {
    throw new ConfigProblemError({ about, key, code: "invalid_value", message });
  };
  const { append, remove } = rule;
  const named = (name: string): Pick<QueryMutation, "name" | "encodedName"> => {
    const bytes = Buffer.from(name, "utf8").toString("latin1");
    return { name: bytes, encodedName: encodeQuery(bytes) };
  };
  if (append === undefined) {
    if (remove === "") wrong(rule, "", 'wanted "append" or "remove"');
    return { ...named(remove), value: null, action: "OVERWRITE_IF_EXISTS" };
  }
  const { record, action } = append;
  if (record === undefined) return wrong(append, "record", "wanted a record with key and value");
  if (typeof record.value !== "string") return wrong(record, "value", "wanted a text");
  return { ...named(record.key), value: compileText(record.value, record, "value", refuse), action };
}
