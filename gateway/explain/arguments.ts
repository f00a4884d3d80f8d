import { parseArgs } from "node:util";
import { NODE_OPTIONS, type NodeArguments, nodeArguments } from "../node-arguments.ts";
import type { Ask } from "./read-ask.ts";

/** What `isthmus explain` asked for. */
export interface ExplainArguments extends NodeArguments {
  readonly ask: Ask;
  /** Admin address of a running gateway, in place of paths; "": none. */
  readonly proxy: string;
  readonly json: boolean;
  readonly plugins: readonly string[];
}

/** Reads the arguments behind `explain`; a sentence when they are wrong. Throws what `parseArgs` throws. */
export function parseExplain(args: readonly string[]): ExplainArguments | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...NODE_OPTIONS,
      header: { type: "string", short: "H", multiple: true },
      from: { type: "string" },
      sni: { type: "string" },
      alpn: { type: "string", multiple: true },
      port: { type: "string" },
      listener: { type: "string" },
      data: { type: "string" },
      proxy: { type: "string" },
      plugin: { type: "string", multiple: true },
      all: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const [method, url, ...paths] = positionals;
  if (positionals.length < 2) return "explain wants a method and a URL: explain GET http://example.com/ PATH...";
  const { proxy = "", port, data, from, sni, alpn, listener } = values;
  if (paths.length > 0 && proxy !== "") return "found a path and --proxy, wanted one of the two";
  if (paths.length === 0 && proxy === "")
    return "explain wants files or folders, or --proxy ADDRESS of a running gateway's admin port";
  // A running gateway has its own.
  for (const name of [...Object.keys(NODE_OPTIONS), "plugin"] as (keyof typeof values)[])
    if (proxy !== "" && values[name] !== undefined)
      return `--${name} is for files, found it with --proxy: the running gateway decides by what it was started with`;
  for (const [name, text] of [["port", port] as const, ["data", data] as const])
    if (text !== undefined && !/^\d{1,15}$/.test(text)) return `--${name}: found ${JSON.stringify(text)}, wanted a whole number`;
  const node = nodeArguments(values, paths);
  if (typeof node === "string") return node;
  return {
    ...node,
    ask: {
      method,
      url,
      headers: values.header ?? [],
      ...(from === undefined ? {} : { from }),
      ...(sni === undefined ? {} : { sni }),
      ...(alpn === undefined ? {} : { alpn }),
      ...(port === undefined ? {} : { port: Number(port) }),
      ...(listener === undefined ? {} : { listener }),
      ...(data === undefined ? {} : { data: Number(data) }),
      ...(values.all === true ? { all: true } : {}),
    },
    proxy,
    json: values.json === true,
    plugins: values.plugin ?? [],
  };
}
