import type { HeaderMap } from "../../../core/contract/headers.ts";
import type { StreamInfo } from "../../../core/contract/stream.ts";
import type { Formatter } from "../../../core/format/compile-format.ts";
import type { Report } from "../../../core/match/problem.ts";
import { type HeaderAppendAction, headerAppendAction, type HeaderValueOption } from "../../../core/resources/base.ts";
import { compileText } from "./text-format.ts";

const APPEND = 0;
const ADD_IF_ABSENT = 1;
const OVERWRITE = 2;
const OVERWRITE_IF_EXISTS = 3;

const ACTIONS: Readonly<Record<HeaderAppendAction, number>> = {
  APPEND_IF_EXISTS_OR_ADD: APPEND,
  ADD_IF_ABSENT,
  OVERWRITE_IF_EXISTS_OR_ADD: OVERWRITE,
  OVERWRITE_IF_EXISTS,
};

class Addition {
  readonly name: string;
  readonly action: number;
  readonly keepEmpty: boolean;
  /** null: the value is constant. */
  readonly formatter: Formatter | null;
  readonly constant: string;
  /** What this request gets; null: nothing. Only between the two passes of `HeaderMutations.apply`, which nothing interrupts. */
  value: string | null;

  constructor(name: string, action: number, keepEmpty: boolean, formatter: Formatter) {
    this.name = name;
    this.action = action;
    this.keepEmpty = keepEmpty;
    this.constant = formatter.constant ?? "";
    this.formatter = formatter.constant === undefined ? formatter : null;
    this.value = null;
  }
}

/** What one level of the configuration (a route, its virtual host, ...) does to headers. */
export interface HeaderMutationConfig {
  readonly add: readonly HeaderValueOption[];
  readonly remove: readonly string[];
}

/**
 * Headers to remove and to add at one level, compiled. First come removals, then all values are worked out on the headers as they are then, then
 * overwriting ones are set, then the others added (Envoy: "Custom request/response headers").
 */
export class HeaderMutations {
  readonly #removals: readonly string[];
  readonly #additions: readonly Addition[];

  constructor(removals: readonly string[], additions: readonly Addition[]) {
    this.#removals = removals;
    this.#additions = additions;
  }

  /** Changes `headers`. A value that no header may hold (a line break out of some metadata) is left out. */
  apply(info: StreamInfo, headers: HeaderMap): void {
    const removals = this.#removals;
    for (let i = 0; i < removals.length; i++) headers.remove(removals[i]);
    const additions = this.#additions;
    for (let i = 0; i < additions.length; i++) {
      const addition = additions[i];
      addition.value = null;
      if (addition.action === ADD_IF_ABSENT && headers.has(addition.name)) continue;
      if (addition.action === OVERWRITE_IF_EXISTS && !headers.has(addition.name)) continue;
      const value = addition.formatter === null ? addition.constant : addition.formatter.format(info);
      if (value !== "" || addition.keepEmpty) addition.value = value;
    }
    for (let i = 0; i < additions.length; i++) {
      const addition = additions[i];
      if (addition.value !== null && addition.action >= OVERWRITE && isHeaderValue(addition.value))
        headers.set(addition.name, addition.value);
    }
    for (let i = 0; i < additions.length; i++) {
      const addition = additions[i];
      if (addition.value !== null && addition.action < OVERWRITE && isHeaderValue(addition.value))
        headers.append(addition.name, addition.value);
    }
  }
}

/** RFC 9110 section 5.5: visible characters, blanks, tabs and bytes beyond ASCII. */
export function isHeaderValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c < 32 ? c !== 9 : c === 127 || c > 255) return false;
  }
  return true;
}

/** Compiles one level; null if it changes nothing. Mistakes are reported. */
export function compileHeaderMutations(config: HeaderMutationConfig, about: object, report: Report): HeaderMutations | null {
  const removals: string[] = [];
  const additions: Addition[] = [];
  for (const name of config.remove) {
    if (isModifiable(name)) removals.push(name);
    else
      report({
        about,
        key: "",
        code: "invalid_value",
        message: `header ${JSON.stringify(name)} may not be removed`,
        found: name,
        wanted: "a header other than host and pseudo-headers",
      });
  }
  for (const option of config.add) {
    const addition = compileAddition(option, report);
    if (addition !== null) additions.push(addition);
  }
  return removals.length + additions.length === 0 ? null : new HeaderMutations(removals, additions);
}

function compileAddition(option: HeaderValueOption, report: Report): Addition | null {
  const { header } = option;
  const name = header.key;
  if (!isModifiable(name)) {
    report({
      about: header,
      key: "key",
      code: "invalid_value",
      message: `header ${JSON.stringify(header.key)} may not be modified`,
      found: header.key,
      wanted: "a header other than host and pseudo-headers",
    });
    return null;
  }
  if (header.rawValue !== undefined) {
    report({
      about: header,
      key: "rawValue",
      code: "unsupported_field",
      message: "raw_value is not supported here (Envoy passes it over), wanted value",
    });
    return null;
  }
  const formatter = compileText(header.value ?? "", header, "value", report);
  if (formatter.constant !== undefined && !isHeaderValue(formatter.constant)) {
    report({
      about: header,
      key: "value",
      code: "invalid_value",
      message: "the value holds a character that no header may hold",
    });
    return null;
  }
  return new Addition(name, ACTIONS[headerAppendAction(option)], option.keepEmptyValue, formatter);
}

function isModifiable(name: string): boolean {
  return name !== "host" && !name.startsWith(":");
}
