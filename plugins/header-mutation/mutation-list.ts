import type { HeaderMap } from "../../core/contract/headers.ts";
import type { StreamInfo } from "../../core/contract/stream.ts";
import type { Formatter } from "../../core/format/compile-format.ts";
import { compileStringMatcher, type StringMatcher } from "../../core/match/string-matcher.ts";
import { headerAppendAction, type HeaderAppendAction } from "../../core/resources/base.ts";
import type { HeaderMutationRule } from "../../core/resources/filters/header-mutation.ts";
import { ConfigProblemError, refuse } from "../config-problem.ts";
import { isHeaderValue } from "../routing/table/header-mutations.ts";
import { compileText } from "../routing/table/text-format.ts";

interface Append {
  readonly kind: "append";
  readonly action: HeaderAppendAction;
  /** Lower case. */
  readonly name: string;
  readonly value: Formatter;
  readonly keepEmpty: boolean;
}
interface Remove {
  readonly kind: "remove";
  readonly name: string;
}
interface RemoveOnMatch {
  readonly kind: "remove_on_match";
  readonly matcher: StringMatcher;
}

/**
 * Rules that are applied strictly in their order, each on what the one before left. (The headers to add and to remove of routes are applied in
 * another order: see plugins/routing.)
 */
export class MutationList {
  readonly #mutations: ReadonlyArray<Append | Remove | RemoveOnMatch>;

  constructor(rules: readonly HeaderMutationRule[]) {
    this.#mutations = rules.map(compile);
  }

  /** Pseudo-headers are not touched. A value that no header may hold (a line break out of some metadata) is left out. */
  apply(info: StreamInfo, headers: HeaderMap): void {
    const mutations = this.#mutations;
    for (let i = 0; i < mutations.length; i++) {
      const mutation = mutations[i];
      if (mutation.kind === "append") append(mutation, info, headers);
      else if (mutation.kind === "remove") headers.remove(mutation.name);
      else removeOnMatch(mutation.matcher, headers);
    }
  }
}

function append({ action, name, value, keepEmpty }: Append, info: StreamInfo, headers: HeaderMap): void {
  if (action === "ADD_IF_ABSENT" ? headers.has(name) : action === "OVERWRITE_IF_EXISTS" && !headers.has(name)) return;
  const text = value.format(info);
  if ((text === "" && !keepEmpty) || !isHeaderValue(text)) return;
  if (action === "OVERWRITE_IF_EXISTS" || action === "OVERWRITE_IF_EXISTS_OR_ADD") headers.set(name, text);
  else headers.append(name, text);
}

function removeOnMatch(matcher: StringMatcher, headers: HeaderMap): void {
  const { list } = headers;
  for (let i = 0; i < list.length;) {
    if (!matcher.match(list[i])) i += 2;
    else headers.remove(list[i]);
  }
}

function compile(rule: HeaderMutationRule): Append | Remove | RemoveOnMatch {
  if (rule.remove !== undefined) return { kind: "remove", name: rule.remove.toLowerCase() };
  if (rule.removeOnMatch !== undefined)
    return { kind: "remove_on_match", matcher: compileStringMatcher(rule.removeOnMatch.keyMatcher, refuse) };
  // The schema has it that one of the three is set.
  const option = rule.append!;
  const { header } = option;
  const name = header.key.toLowerCase();
  if (name.startsWith(":") || name === "host") {
    const message = `${JSON.stringify(header.key)} may not be modified, wanted a header other than host and pseudo-headers`;
    throw new ConfigProblemError({ about: header, key: "key", code: "invalid_value", message });
  }
  const text = header.value ?? (header.rawValue === undefined ? "" : Buffer.from(header.rawValue).toString("utf8"));
  return {
    kind: "append",
    action: headerAppendAction(option),
    name,
    value: compileText(text, header, "value", refuse),
    keepEmpty: option.keepEmptyValue,
  };
}
