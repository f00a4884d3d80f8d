import type { RuntimeReader } from "../contract/filter.ts";
import type { HeaderMap } from "../contract/headers.ts";
import type { HttpStream } from "../contract/stream.ts";
import { CidrRange } from "../resources/address.ts";
import type { Predicate, SinglePredicate } from "../resources/matcher-tree.ts";
import { RuntimeFractionalPercent } from "../resources/percent.ts";
import { list, message, required, string, uint64 } from "../resources/schema/index.ts";
import { type CidrList, compileCidrs } from "./cidr.ts";
import { streamDraw } from "./draw.ts";
import { compileRuntimeFraction, type Fraction } from "./fraction.ts";
import { compileMatcherInput, type MatcherInput } from "./matcher-input.ts";
import { parseReporting, type Report } from "./problem.ts";
import { compileStringMatcher, type StringMatcher } from "./string-matcher.ts";

/** A compiled predicate of a matcher list. */
export interface Condition {
  holds(stream: HttpStream, headers: HeaderMap): boolean;
  describe(): string;
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

/** Compiles a predicate; what mistakes concern, which are reported, never holds. */
export function compilePredicate(config: Predicate, runtime: RuntimeReader, report: Report): Condition {
  if (config.singlePredicate !== undefined) return compileSingle(config.singlePredicate, runtime, report);
  if (config.orMatcher !== undefined)
    return new Combined(
      false,
      config.orMatcher.predicate.map((part) => compilePredicate(part, runtime, report)),
    );
  if (config.andMatcher !== undefined)
    return new Combined(
      true,
      config.andMatcher.predicate.map((part) => compilePredicate(part, runtime, report)),
    );
  return config.notMatcher === undefined ? NEVER : new Not(compilePredicate(config.notMatcher, runtime, report));
}

function compileSingle(config: SinglePredicate, runtime: RuntimeReader, report: Report): Condition {
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
    return fraction === undefined ? NEVER : new FractionCondition(compileRuntimeFraction(fraction.runtimeFraction, runtime));
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
