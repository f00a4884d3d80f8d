import type { RuntimeReader } from "../contract/filter.ts";
import type { FractionalPercent, RuntimeFractionalPercent } from "../resources/percent.ts";

/** A compiled `RuntimeFractionalPercent` or `FractionalPercent`. */
export class Fraction {
  readonly numerator: number;
  /** 100, 10,000 or 1,000,000. */
  readonly denominator: number;
  /** "" when no runtime value can override it. */
  readonly runtimeKey: string;
  readonly #runtime: RuntimeReader;

  constructor(numerator: number, denominator: number, runtimeKey: string, runtime: RuntimeReader) {
    this.numerator = numerator;
    this.denominator = denominator;
    this.runtimeKey = runtimeKey;
    this.#runtime = runtime;
  }

  /** Whether a draw (a non-negative integer, evenly spread: `streamDraw`) falls into it. */
  match(draw: number): boolean {
    if (this.runtimeKey !== "") return this.#runtime.fraction(this.runtimeKey, this.numerator, this.denominator, draw);
    return draw % this.denominator < this.numerator;
  }

  /** Of how many draws how many fall into it, a value of the runtime counted in. */
  share(): { readonly count: number; readonly of: number } {
    return this.runtimeKey === ""
      ? { count: Math.min(this.numerator, this.denominator), of: this.denominator }
      : shareOf((draw) => this.match(draw));
  }

  describe(): string {
    const runtime = this.runtimeKey === "" ? "" : ` (runtime ${this.runtimeKey})`;
    return `${this.numerator} of ${this.denominator}${runtime}`;
  }
}

/** Compiles a fraction that runtime may override. */
export function compileRuntimeFraction(config: RuntimeFractionalPercent, runtime: RuntimeReader): Fraction {
  return new Fraction(config.defaultValue.numerator, config.defaultValue.denominator, config.runtimeKey, runtime);
}

/** Compiles a fixed fraction. */
export function compileFraction(config: FractionalPercent, runtime: RuntimeReader): Fraction {
  return new Fraction(config.numerator, config.denominator, "", runtime);
}

/**
 * The numerator and denominator behind a test of draws, found by asking: the draws below the numerator match, the others up to the denominator do not, and then it
 * begins anew. Denominators are 100, 10,000 and 1,000,000.
 */
export function shareOf(match: (draw: number) => boolean): { readonly count: number; readonly of: number } {
  let count = 0;
  while (count < 10_000 && match(count)) count++;
  if (count === 0) return { count: 0, of: 100 };
  if (count < 100 && match(100)) return { count, of: 100 };
  if (count < 10_000) return match(10_000) ? { count, of: 10_000 } : { count, of: 1_000_000 };
  // All of the first 10,000: the smaller denominators are full, and of the largest the rest is to be searched.
  let low = 10_000;
  let high = 1_000_000;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (match(middle)) low = middle + 1;
    else high = middle;
  }
  return { count: low, of: 1_000_000 };
}
