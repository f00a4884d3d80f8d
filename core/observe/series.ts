import type { Counter, Gauge } from "../contract/stats.ts";
import type { Tag } from "./tags.ts";

/** A counter with what the exporters need. The data path only touches `value`. */
export class CounterSeries implements Counter {
  readonly name: string;
  value: number;
  /** The name without its tags' values, dots as in `name`. */
  readonly extracted: string;
  readonly tags: readonly Tag[];
  #reset: boolean;

  constructor(name: string, extracted: string, tags: readonly Tag[]) {
    this.name = name;
    this.value = 0;
    this.extracted = extracted;
    this.tags = tags;
    this.#reset = false;
  }

  /** Whether it was ever added to, for `usedonly`. */
  get used(): boolean {
    return this.#reset || this.value !== 0;
  }

  /** Back to zero, but still in use. */
  reset(): void {
    this.#reset = this.used;
    this.value = 0;
  }
}

/** A gauge with what the exporters need. */
export class GaugeSeries implements Gauge {
  readonly name: string;
  readonly extracted: string;
  readonly tags: readonly Tag[];
  #value: number;
  #used: boolean;

  constructor(name: string, extracted: string, tags: readonly Tag[]) {
    this.name = name;
    this.extracted = extracted;
    this.tags = tags;
    this.#value = 0;
    this.#used = false;
  }

  get value(): number {
    return this.#value;
  }
  /** One more store than a field, so that a gauge which is zero again still counts as used. */
  set value(value: number) {
    this.#value = value;
    this.#used = true;
  }

  /** Whether it was ever written, for `usedonly`. */
  get used(): boolean {
    return this.#used;
  }
}
