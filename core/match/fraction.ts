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
