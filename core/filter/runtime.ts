import type { RuntimeReader } from "../contract/filter.ts";

/** Values by key, or nested; the layer of the admin port changes while the server runs. */
export type RuntimeLayer = Readonly<Record<string, unknown>>;

/** `layered_runtime` with its static layers merged: the last layer that names a key wins. Keys of nested objects are joined by dots. */
export class Runtime implements RuntimeReader {
  readonly #layers: readonly RuntimeLayer[];
  readonly #values: Map<string, unknown>;

  constructor(layers: readonly RuntimeLayer[] = []) {
    this.#layers = layers;
    this.#values = new Map();
    this.refresh();
  }

  /** Reads the layers again: one of them has changed. */
  refresh(): void {
    this.#values.clear();
    for (const layer of this.#layers) this.#add("", layer);
  }

  #add(prefix: string, layer: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(layer)) {
      const name = prefix + key;
      if (typeof value === "object" && value !== null && !Array.isArray(value) && !("numerator" in value)) {
        this.#add(name + ".", value as Record<string, unknown>);
      } else this.#values.set(name, value);
    }
  }

  /** All keys with their values, for `/runtime`. */
  entries(): readonly (readonly [key: string, value: unknown])[] {
    return [...this.#values];
  }

  number(key: string, fallback: number): number {
    const value = this.#values.get(key);
    if (typeof value === "number") return value;
    return typeof value === "string" && value !== "" && Number.isFinite(Number(value)) ? Number(value) : fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.#values.get(key);
    if (typeof value === "boolean") return value;
    return value === "true" ? true : value === "false" ? false : fallback;
  }

  string(key: string, fallback: string): string {
    const value = this.#values.get(key);
    return value === undefined ? fallback : String(value);
  }

  /** A runtime value may be a whole number (of 100) or `{ numerator, denominator }`. Source: Envoy, RuntimeFractionalPercent. */
  fraction(key: string, numerator: number, denominator: number, draw: number): boolean {
    const value = key === "" ? undefined : this.#values.get(key);
    if (typeof value === "number") return draw % 100 < value;
    if (typeof value === "object" && value !== null && "numerator" in value) {
      const { numerator: n, denominator: d } = value as { numerator: unknown; denominator?: unknown };
      const of = d === "MILLION" ? 1_000_000 : d === "TEN_THOUSAND" ? 10_000 : 100;
      if (typeof n === "number") return draw % of < n;
    }
    return draw % denominator < numerator;
  }
}
