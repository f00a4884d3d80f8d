import type { RuntimeReader } from "../contract/filter.ts";
import type { HeaderMap } from "../contract/headers.ts";
import type { HttpStream } from "../contract/stream.ts";
import type { Matcher, MatcherList, MatcherTree, OnMatch } from "../resources/matcher-tree.ts";
import type { TypedConfig } from "../resources/schema/any.ts";
import { compilePredicate, type Condition } from "./match-condition.ts";
import { compileMatcherInput, type MatcherInput } from "./matcher-input.ts";
import type { Report } from "./problem.ts";
import { toWire } from "./wire-text.ts";

/** A compiled `xds.type.matcher.v3.Matcher`, or an action that one leads to. */
export interface MatchNode<A> {
  /** The action for a request, or undefined when nothing matches. */
  match(stream: HttpStream, headers: HeaderMap): A | undefined;
  /** The conditions that lead to an action, one line each, outermost first. */
  describe(): string;
}

/** What compiling a matcher needs. */
export interface MatcherOptions<A> {
  readonly runtime: RuntimeReader;
  readonly report: Report;
  /** Compiles an action; null after a mistake, which it has reported. */
  compileAction(config: TypedConfig): A | null;
}

class ActionNode<A> implements MatchNode<A> {
  readonly #action: A;
  constructor(action: A) {
    this.#action = action;
  }
  match(): A {
    return this.#action;
  }
  describe(): string {
    return "action";
  }
}

/** Matches nothing: stands for a part that was refused. */
class NoNode<A> implements MatchNode<A> {
  match(): A | undefined {
    return undefined;
  }
  describe(): string {
    return "nothing";
  }
}

/** The first condition that holds decides; one whose nested matcher comes to nothing is passed over. */
class ListNode<A> implements MatchNode<A> {
  readonly #conditions: readonly Condition[];
  readonly #targets: readonly MatchNode<A>[];
  readonly #otherwise: MatchNode<A> | null;

  constructor(conditions: readonly Condition[], targets: readonly MatchNode<A>[], otherwise: MatchNode<A> | null) {
    this.#conditions = conditions;
    this.#targets = targets;
    this.#otherwise = otherwise;
  }

  match(stream: HttpStream, headers: HeaderMap): A | undefined {
    for (let i = 0; i < this.#conditions.length; i++) {
      if (!this.#conditions[i].holds(stream, headers)) continue;
      const action = this.#targets[i].match(stream, headers);
      if (action !== undefined) return action;
    }
    return this.#otherwise === null ? undefined : this.#otherwise.match(stream, headers);
  }

  describe(): string {
    return this.#conditions.map((condition) => condition.describe()).join("; ");
  }
}

class ExactMapNode<A> implements MatchNode<A> {
  readonly #input: MatcherInput;
  readonly #map: ReadonlyMap<string, MatchNode<A>>;
  readonly #otherwise: MatchNode<A> | null;

  constructor(input: MatcherInput, map: ReadonlyMap<string, MatchNode<A>>, otherwise: MatchNode<A> | null) {
    this.#input = input;
    this.#map = map;
    this.#otherwise = otherwise;
  }

  match(stream: HttpStream, headers: HeaderMap): A | undefined {
    const value = this.#input.read(stream, headers);
    const action = value === undefined ? undefined : this.#map.get(value)?.match(stream, headers);
    return action ?? this.#otherwise?.match(stream, headers);
  }

  describe(): string {
    return `${this.#input.describe()} equals one of ${this.#map.size} texts`;
  }
}

/** The longest prefix first; one whose nested matcher comes to nothing gives way to a shorter one. */
class PrefixMapNode<A> implements MatchNode<A> {
  readonly #input: MatcherInput;
  /** Longest first. */
  readonly #prefixes: readonly string[];
  readonly #targets: readonly MatchNode<A>[];
  readonly #otherwise: MatchNode<A> | null;

  constructor(
    input: MatcherInput,
    entries: readonly (readonly [prefix: string, target: MatchNode<A>])[],
    otherwise: MatchNode<A> | null,
  ) {
    const sorted = [...entries].sort((a, b) => b[0].length - a[0].length);
    this.#input = input;
    this.#prefixes = sorted.map((entry) => entry[0]);
    this.#targets = sorted.map((entry) => entry[1]);
    this.#otherwise = otherwise;
  }

  match(stream: HttpStream, headers: HeaderMap): A | undefined {
    const value = this.#input.read(stream, headers);
    if (value !== undefined) {
      for (let i = 0; i < this.#prefixes.length; i++) {
        if (!value.startsWith(this.#prefixes[i])) continue;
        const action = this.#targets[i].match(stream, headers);
        if (action !== undefined) return action;
      }
    }
    return this.#otherwise?.match(stream, headers);
  }

  describe(): string {
    return `${this.#input.describe()} starts with one of ${this.#prefixes.length} texts`;
  }
}

/** Compiles a matcher with its actions. Mistakes are reported; what they concern never matches. */
export function compileMatcher<A>(config: Matcher, options: MatcherOptions<A>): MatchNode<A> {
  const otherwise = config.onNoMatch === undefined ? null : compileOnMatch(config.onNoMatch, options);
  if (config.matcherList !== undefined) return compileList(config.matcherList, otherwise, options);
  if (config.matcherTree !== undefined) return compileTree(config.matcherTree, otherwise, options);
  return otherwise ?? new NoNode<A>();
}

function compileOnMatch<A>(config: OnMatch, options: MatcherOptions<A>): MatchNode<A> {
  if (config.matcher !== undefined) return compileMatcher(config.matcher, options);
  const action = config.action === undefined ? null : options.compileAction(config.action.typedConfig);
  return action === null ? new NoNode<A>() : new ActionNode(action);
}

function compileList<A>(config: MatcherList, otherwise: MatchNode<A> | null, options: MatcherOptions<A>): MatchNode<A> {
  const conditions = config.matchers.map((matcher) => compilePredicate(matcher.predicate, options.runtime, options.report));
  const targets = config.matchers.map((matcher) => compileOnMatch(matcher.onMatch, options));
  return new ListNode(conditions, targets, otherwise);
}

function compileTree<A>(config: MatcherTree, otherwise: MatchNode<A> | null, options: MatcherOptions<A>): MatchNode<A> {
  const input = compileMatcherInput(config.input.typedConfig, options.report);
  if (input === null) return new NoNode<A>();
  if (config.customMatch !== undefined) {
    const type = config.customMatch.typedConfig.typeUrl;
    options.report({
      about: config.customMatch,
      key: "typedConfig",
      code: "unknown_type_url",
      message: `custom matcher ${type} is not supported`,
      found: type,
    });
    return new NoNode<A>();
  }
  const map = config.exactMatchMap?.map ?? config.prefixMatchMap?.map ?? {};
  const entries = Object.entries(map).map(([text, onMatch]) => [toWire(text), compileOnMatch(onMatch, options)] as const);
  if (config.exactMatchMap !== undefined) return new ExactMapNode(input, new Map(entries), otherwise);
  return new PrefixMapNode(input, entries, otherwise);
}
