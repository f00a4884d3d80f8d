import type { Counter, Gauge } from "../contract/stats.ts";
import type { Tag } from "./tags.ts";

/** A counter or gauge with what the exporters need. The data path only touches `value`. */
export class ValueSeries implements Counter, Gauge {
  readonly name: string;
  value: number;
  /** The name without its tags' values, dots as in `name`. */
  readonly extracted: string;
  readonly tags: readonly Tag[];
  #touched: boolean;

  constructor(name: string, extracted: string, tags: readonly Tag[]) {
    this.name = name;
    this.value = 0;
    this.extracted = extracted;
    this.tags = tags;
    this.#touched = false;
  }

  /**
   * Whether it was ever written, for `usedonly`. Writers only touch `value`, so this is what was seen at the flushes: a gauge
   * that rose and fell between two of them is not noticed.
   */
  get used(): boolean {
    if (this.value !== 0) this.#touched = true;
    return this.#touched;
  }
}
