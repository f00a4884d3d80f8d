import { describe, expect, it } from "vitest";
import { HELP } from "../../gateway/arguments.ts";
import { Bootstrap } from "../../core/resources/bootstrap.ts";
import { builtInExtensions } from "../../core/resources/extensions.ts";
import { StringMatcher } from "../../core/resources/matchers.ts";
import type { MessageSchema } from "../../core/resources/schema/message.ts";
import type { Schema } from "../../core/resources/schema/index.ts";
import { standardFilters } from "../../plugins/standard.ts";
import { codes, readPage, section, tableRows } from "./page.ts";

type AnySchema = Schema<unknown, unknown>;
type AnyMessage = MessageSchema<unknown>;

const page = readPage("docs/configuration.md");
const [known, refused] = [page.slice(0, page.indexOf("\n## Known and refused")), section(page, "## Known and refused")];

/** The message that a field holds, be it in a list, in a map, or converted after reading. */
function messageOf(schema: AnySchema): AnyMessage | undefined {
  let at: AnySchema | undefined = schema;
  while (at !== undefined && at.kind !== "message") at = at.inner?.();
  return at as AnyMessage | undefined;
}

/** Every message that a file may hold, by its name. What stands only below refused fields is left out. */
function allMessages(): Map<string, AnyMessage> {
  const found = new Map<string, AnyMessage>();
  const add = (message: AnyMessage | undefined): void => {
    if (message === undefined || found.has(message.typeName)) return;
    found.set(message.typeName, message);
    for (const field of Object.values(message.fields)) if (field.unsupported === undefined) add(messageOf(field));
  };
  add(Bootstrap as unknown as AnyMessage);
  for (const { schema } of builtInExtensions.values()) add(schema as AnyMessage | undefined);
  return found;
}

const messages = allMessages();

function fieldOf(message: AnyMessage, name: string): AnySchema | undefined {
  return Object.entries(message.fields).find(([camel]) => message.protoName(camel) === name)?.[1];
}

/** The fields of a message that are read, or those that are refused. */
function fieldNames(message: AnyMessage, unsupported: boolean): string[] {
  return Object.entries(message.fields)
    .filter(([, field]) => (field.unsupported !== undefined) === unsupported)
    .map(([camel]) => message.protoName(camel));
}

/** What the second column has to say; undefined where it is free. */
function defaultText(field: AnySchema): string | undefined {
  if (field.required) return "required";
  const value = field.fallback;
  if (value === undefined || typeof value === "object") return undefined;
  if (value === "") return '`""`';
  if (field.kind === "duration") return `${(value as number) / 1000}s`;
  return field.kind === "string" ? `\`${String(value)}\`` : String(value);
}

/** A row about a field: the message of its section, the field's path from there, and the default. */
interface Row {
  readonly message: string;
  readonly path: string;
  readonly value: string | undefined;
}

/** Rows of tables below a line that starts with a message's name, and those of tables that give a message a line. */
function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let owner = "";
  for (const part of text.split(/\n\n+/)) {
    if (/^#+ /.test(part)) continue;
    const name = /^`((?:envoy|xds)\.[\w.]+)`/.exec(part)?.[1];
    if (name !== undefined) owner = name;
    if (!part.startsWith("|")) continue;
    for (const [first, second] of tableRows(part)) {
      const [message] = codes(first);
      if (/^(envoy|xds)\./.test(message ?? "") && !message.startsWith("envoy.filters.")) {
        for (const path of codes(second)) rows.push({ message, path, value: undefined });
      } else if (part.startsWith("| field |")) {
        for (const path of codes(first)) rows.push({ message: owner, path, value: second });
      }
    }
  }
  return rows;
}

describe("docs/configuration.md", () => {
  it("tells every field that is read, with its default, and no other", () => {
    const told = new Set<string>();
    const problems: string[] = [];
    for (const { message, path, value } of rowsOf(known)) {
      let at = messages.get(message);
      let field: AnySchema | undefined;
      for (const name of path.split(".")) {
        field = at === undefined ? undefined : fieldOf(at, name);
        if (field === undefined || field.unsupported !== undefined) break;
        told.add(`${at!.typeName} ${name}`);
        at = messageOf(field);
      }
      if (field === undefined || field.unsupported !== undefined) problems.push(`${message} has no field ${path}`);
      else if (value !== undefined && value !== (defaultText(field) ?? value)) {
        problems.push(`${message} ${path}: found default ${value}, wanted ${defaultText(field)}`);
      }
    }
    for (const message of messages.values()) {
      for (const name of fieldNames(message, false)) {
        if (!told.has(`${message.typeName} ${name}`)) problems.push(`${message.typeName} ${name} is not told`);
      }
    }
    expect(problems).toEqual([]);
  });

  it("tells every field that is known and refused, and no other", () => {
    const told = tableRows(refused).flatMap(([message, names]) => codes(names).map((name) => `${codes(message)[0]} ${name}`));
    const wanted = [...messages.values()].flatMap((m) => fieldNames(m, true).map((name) => `${m.typeName} ${name}`));
    expect(told.toSorted()).toEqual(wanted.toSorted());
  });

  it("tells every option of the command line", () => {
    const options = (text: string): string[] => [...new Set(text.match(/--[a-z][a-z-]*/g))].toSorted();
    const told = tableRows(section(page, "## The command line")).flatMap(([first]) => codes(first));
    expect(told.flatMap(options).toSorted()).toEqual(options(HELP));
  });

  it("names every filter that ships", () => {
    const told = tableRows(section(page, "## Filters")).flatMap(([first]) => codes(first));
    for (const { id } of standardFilters) expect(told).toContain(id);
    expect(messages.get(StringMatcher.typeName)).toBeDefined();
  });
});
