import type { RuntimeReader } from "../contract/filter.ts";
import type { HeaderMap } from "../contract/headers.ts";
import type { HttpStream } from "../contract/stream.ts";
import { CidrRange } from "../resources/address.ts";
import type { Matcher, MatcherList, MatcherTree, OnMatch, Predicate, SinglePredicate } from "../resources/matcher-tree.ts";
import { RuntimeFractionalPercent } from "../resources/percent.ts";
import type { TypedConfig } from "../resources/schema/any.ts";
import { list, message, required, string, uint64 } from "../resources/schema/index.ts";
import { type CidrList, compileCidrs } from "./cidr.ts";
import { streamDraw } from "./draw.ts";
import { compileRuntimeFraction, type Fraction } from "./fraction.ts";
import { compileMatcherInput, type MatcherInput } from "./matcher-input.ts";
import { parseReporting, type Report } from "./problem.ts";
import { compileStringMatcher, type StringMatcher } from "./string-matcher.ts";
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

interface Condition {
  holds(stream: HttpStream, headers: HeaderMap): boolean;
  describe(): string;
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

class ValueCondition implements Condition {
  readonly #input: MatcherInput;
  readonly #value: StringMatcher;
  constructor(input: MatcherInput, value: StringMatcher) {
    this.#input = input;
    this.#value = value;
  }
  holds(stream: HttpStream, headers: HeaderMap): boolean {
    const value = this.#input.read(stream, headers);
    return value !== undefined && this.#value.match(value);
  }
  describe(): string {
    return `${this.#input.describe()} ${this.#value.describe()}`;
  }
}

class AddressCondition implements Condition {
  readonly #input: MatcherInput;
  readonly #ranges: CidrList;
  constructor(input: MatcherInput, ranges: CidrList) {
    this.#input = input;
    this.#ranges = ranges;
  }
  holds(stream: HttpStream, headers: HeaderMap): boolean {
    const value = this.#input.read(stream, headers);
    return value !== undefined && this.#ranges.has(value);
  }
  describe(): string {
    return `${this.#input.describe()} is in ${this.#ranges.describe()}`;
  }
}

class FractionCondition implements Condition {
  readonly #fraction: Fraction;
  constructor(fraction: Fraction) {
    this.#fraction = fraction;
  }
  holds(stream: HttpStream): boolean {
    return this.#fraction.match(streamDraw(stream.id));
  }
  describe(): string {
    return `the draw is among ${this.#fraction.describe()}`;
  }
}

class Combined implements Condition {
  readonly #all: boolean;
  readonly #parts: readonly Condition[];
  constructor(all: boolean, parts: readonly Condition[]) {
    this.#all = all;
    this.#parts = parts;
  }
  holds(stream: HttpStream, headers: HeaderMap): boolean {
    for (const part of this.#parts) if (part.holds(stream, headers) !== this.#all) return !this.#all;
    return this.#all;
  }
  describe(): string {
    return `(${this.#parts.map((part) => part.describe()).join(this.#all ? " and " : " or ")})`;
  }
}

class Not implements Condition {
  readonly #part: Condition;
  constructor(part: Condition) {
    this.#part = part;
  }
  holds(stream: HttpStream, headers: HeaderMap): boolean {
    return !this.#part.holds(stream, headers);
  }
  describe(): string {
    return `not (${this.#part.describe()})`;
  }
}

const NEVER: Condition = { holds: () => false, describe: () => "never" };

const IpInputMatcher = message("envoy.extensions.matching.input_matchers.ip.v3.Ip", {
  cidrRanges: list(CidrRange, { min: 1 }),
  statPrefix: string(),
});
const RuntimeFractionInputMatcher = message("envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction", {
  runtimeFraction: required(RuntimeFractionalPercent),
  seed: uint64(),
});

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
  const conditions = config.matchers.map((matcher) => compilePredicate(matcher.predicate, options));
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

function compilePredicate<A>(config: Predicate, options: MatcherOptions<A>): Condition {
  if (config.singlePredicate !== undefined) return compileSingle(config.singlePredicate, options);
  if (config.orMatcher !== undefined)
    return new Combined(
      false,
      config.orMatcher.predicate.map((part) => compilePredicate(part, options)),
    );
  if (config.andMatcher !== undefined)
    return new Combined(
      true,
      config.andMatcher.predicate.map((part) => compilePredicate(part, options)),
    );
  return config.notMatcher === undefined ? NEVER : new Not(compilePredicate(config.notMatcher, options));
}

function compileSingle<A>(config: SinglePredicate, options: MatcherOptions<A>): Condition {
  const { report } = options;
  const input = compileMatcherInput(config.input.typedConfig, report);
  if (input === null) return NEVER;
  if (config.valueMatch !== undefined) return new ValueCondition(input, compileStringMatcher(config.valueMatch, report));
  if (config.customMatch === undefined) return NEVER;
  const custom = config.customMatch.typedConfig;
  if (custom.typeUrl === IpInputMatcher.typeName) {
    const ip = parseReporting(IpInputMatcher, custom, report);
    return ip === undefined ? NEVER : new AddressCondition(input, compileCidrs(ip.cidrRanges, report));
  }
  if (custom.typeUrl === RuntimeFractionInputMatcher.typeName) {
    const fraction = parseReporting(RuntimeFractionInputMatcher, custom, report);
    return fraction === undefined
      ? NEVER
      : new FractionCondition(compileRuntimeFraction(fraction.runtimeFraction, options.runtime));
  }
  report({
    about: config.customMatch,
    key: "typedConfig",
    code: "unknown_type_url",
    message: `input matcher ${custom.typeUrl} is not supported`,
    found: custom.typeUrl,
  });
  return NEVER;
}
