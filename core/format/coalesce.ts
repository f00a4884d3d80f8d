import { FormatError } from "./format-error.ts";
import { stringOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";

type Make = (name: string, argument: string, length: number | undefined) => Operator;

/** `%COALESCE({"operators": ["A", {"command": "B", "param": "x", "max_length": 3}]})%`: the first that has a value that is not "". */
export function makeCoalesce(argument: string, make: Make): Operator | string {
  let config: unknown;
  try {
    config = JSON.parse(argument);
  } catch {
    return `wanted JSON, as in {"operators": ["REQUESTED_SERVER_NAME"]}, found ${JSON.stringify(argument)}`;
  }
  const list = typeof config === "object" && config !== null && "operators" in config ? config.operators : undefined;
  if (!Array.isArray(list) || list.length === 0) return `wanted "operators", a list with at least one operator`;
  const operators: Operator[] = [];
  for (const entry of list as unknown[]) {
    const made = makeEntry(entry, make);
    if (typeof made === "string") return made;
    operators.push(made);
  }
  return stringOperator((info) => {
    for (const operator of operators) {
      const value = operator.read(info);
      if (value !== undefined && value !== "") return value;
    }
    return undefined;
  });
}

function makeEntry(entry: unknown, make: Make): Operator | string {
  const { command, param, max_length } = (typeof entry === "string" ? { command: entry } : (entry ?? {})) as Record<
    string,
    unknown
  >;
  if (typeof command !== "string") return `wanted a command's name, found ${JSON.stringify(entry)}`;
  if (param !== undefined && typeof param !== "string")
    return `${command}: wanted text as "param", found ${JSON.stringify(param)}`;
  if (max_length !== undefined && typeof max_length !== "number") {
    return `${command}: wanted a number as "max_length", found ${JSON.stringify(max_length)}`;
  }
  try {
    return make(command, param ?? "", max_length);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}
