import type { StreamInfo } from "../contract/stream.ts";
import { jsonQuote, toBytes } from "./byte-string.ts";
import { ConstantFormatter } from "./compile-format.ts";
import type { Formatter } from "./compile-format.ts";
import { FormatError } from "./format-error.ts";
import type { FormatOptions, Operator, Read } from "./operator.ts";
import { parseFormat } from "./parse-format.ts";

/** What a `json_format` may hold: a `google.protobuf.Struct`. */
export type JsonFormat = string | number | boolean | null | readonly JsonFormat[] | { readonly [key: string]: JsonFormat };

/**
 * Compiles a `json_format`: one line of JSON for a stream, without the line end. A string that is one operator keeps the
 * operator's type (numbers as numbers, metadata as it is); keys are sorted, as Envoy writes them. A {@link FormatError} names the key.
 * @param end what follows the JSON. Default "".
 */
export function compileJsonFormat(
  format: { readonly [key: string]: JsonFormat },
  options: FormatOptions = {},
  end = "",
): Formatter {
  const root = compileValue(format, options, "");
  if (options.omitEmptyValues === true) {
    const read = omitting(root);
    return { constant: undefined, format: (info) => (read(info) ?? "{}") + end };
  }
  const pieces = keeping(root, end);
  return typeof pieces === "string" ? new ConstantFormatter(pieces) : new JsonFormatter(pieces);
}

/** A value of the format: fixed JSON, something read, or a structure of these. */
type Node =
  | { readonly kind: "fixed"; readonly json: string; readonly empty: boolean }
  | { readonly kind: "read"; readonly json: Read }
  | { readonly kind: "array"; readonly items: readonly Node[] }
  | { readonly kind: "object"; readonly entries: ReadonlyArray<readonly [key: string, node: Node]> };

function compileValue(value: JsonFormat, options: FormatOptions, path: string): Node {
  if (typeof value === "string") return compileText(value, options, path);
  if (typeof value !== "object" || value === null) return { kind: "fixed", json: JSON.stringify(value), empty: value === null };
  if (isList(value)) return { kind: "array", items: value.map((item, i) => compileValue(item, options, `${path}[${i}]`)) };
  const keys = Object.keys(value).sort();
  const entries = keys.map((key) => {
    const at = path === "" ? key : path + "." + key;
    return [jsonQuote(toBytes(key)), compileValue(value[key], options, at)] as const;
  });
  return { kind: "object", entries };
}

function isList(value: object): value is readonly JsonFormat[] {
  return Array.isArray(value);
}

function compileText(text: string, options: FormatOptions, path: string): Node {
  let segments;
  try {
    segments = parseFormat(text, options);
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`${path}: ${error.message}`, error.index, error.unsupported);
    throw error;
  }
  if (segments.length === 0) return { kind: "fixed", json: '""', empty: false };
  if (segments.length === 1) {
    const only = segments[0];
    return typeof only === "string"
      ? { kind: "fixed", json: jsonQuote(only), empty: false }
      : { kind: "read", json: jsonOf(only) };
  }
  const absent = options.omitEmptyValues === true ? "" : "-";
  const reads = segments.map((segment): Read => (typeof segment === "string" ? () => segment : segment.read));
  return {
    kind: "read",
    json: (info) => {
      let out = "";
      for (const read of reads) out += read(info) ?? absent;
      return jsonQuote(out);
    },
  };
}

function jsonOf(operator: Operator): Read {
  const { read, json } = operator;
  if (typeof json === "function") return json;
  if (json === "number") return read;
  if (json === "plain") {
    return (info) => {
      const value = read(info);
      return value === undefined ? undefined : '"' + value + '"';
    };
  }
  return (info) => {
    const value = read(info);
    return value === undefined ? undefined : jsonQuote(value);
  };
}

/** Every key is written, so all fixed JSON between two values is one piece: a flat list, or a string when nothing is read. */
function keeping(root: Node, end: string): string | (string | Read)[] {
  const out: (string | Read)[] = [];
  let text = "";
  const walk = (node: Node): void => {
    if (node.kind === "fixed") text += node.json;
    else if (node.kind === "read") {
      out.push(text, node.json);
      text = "";
    } else {
      text += node.kind === "array" ? "[" : "{";
      const children = node.kind === "array" ? node.items.map((item) => ["", item] as const) : node.entries;
      children.forEach(([key, child], i) => {
        text += (i === 0 ? "" : ",") + (key === "" ? "" : key + ":");
        walk(child);
      });
      text += node.kind === "array" ? "]" : "}";
    }
  };
  walk(root);
  text += end;
  if (out.length === 0) return text;
  out.push(text);
  return out;
}

/** `omit_empty_values`: absent values vanish, and so do objects in which nothing is left; lists stay. */
function omitting(node: Node): Read {
  switch (node.kind) {
    case "fixed":
      return () => (node.empty ? undefined : node.json);
    case "read":
      return node.json;
    case "array": {
      const items = node.items.map(omitting);
      return (info) => {
        let out = "";
        for (const item of items) {
          const json = item(info);
          if (json !== undefined) out += out === "" ? json : "," + json;
        }
        return "[" + out + "]";
      };
    }
    case "object": {
      const keys = node.entries.map(([key]) => key + ":");
      const values = node.entries.map(([, value]) => omitting(value));
      return (info) => {
        let out = "";
        for (let i = 0; i < values.length; i++) {
          const json = values[i](info);
          if (json !== undefined) out += (out === "" ? keys[i] : "," + keys[i]) + json;
        }
        return out === "" ? undefined : "{" + out + "}";
      };
    }
  }
}

/** Fixed JSON and values in turn, ending with fixed JSON. */
class JsonFormatter implements Formatter {
  readonly constant = undefined;
  readonly #texts: readonly string[];
  readonly #reads: readonly Read[];
  readonly #last: string;

  constructor(pieces: readonly (string | Read)[]) {
    this.#texts = pieces.filter((_, i) => i % 2 === 0 && i < pieces.length - 1) as string[];
    this.#reads = pieces.filter((piece) => typeof piece === "function");
    this.#last = pieces[pieces.length - 1] as string;
  }

  format(info: StreamInfo): string {
    const texts = this.#texts;
    const reads = this.#reads;
    let out = "";
    for (let i = 0; i < reads.length; i++) {
      const json = reads[i](info);
      out += texts[i] + (json === undefined ? "null" : json);
    }
    return out + this.#last;
  }
}
