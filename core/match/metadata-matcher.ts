import type { MetadataMatcher as MetadataMatcherConfig } from "../resources/matchers.ts";
import type { Report } from "./problem.ts";
import { compileValueMatcher, type ValueMatcher } from "./value-matcher.ts";

/** Metadata as a stream or a resource holds it: namespace (`filter`) -> fields. */
export type MetadataMap = Readonly<Record<string, unknown>> | undefined;

/** The value at a path of keys below a namespace, or undefined. Lists end a path. */
export function metadataValue(metadata: MetadataMap, filter: string, path: readonly string[]): unknown {
  if (metadata === undefined || !Object.hasOwn(metadata, filter)) return undefined;
  let value: unknown = metadata[filter];
  for (let i = 0; i < path.length; i++) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, path[i])) return undefined;
    value = (value as Record<string, unknown>)[path[i]];
  }
  return value;
}

/** A compiled `type.matcher.v3.MetadataMatcher`. */
export class MetadataMatcher {
  readonly #filter: string;
  readonly #path: readonly string[];
  readonly #value: ValueMatcher;
  readonly #invert: boolean;

  constructor(filter: string, path: readonly string[], value: ValueMatcher, invert: boolean) {
    this.#filter = filter;
    this.#path = path;
    this.#value = value;
    this.#invert = invert;
  }

  match(metadata: MetadataMap): boolean {
    return this.#value.match(metadataValue(metadata, this.#filter, this.#path)) !== this.#invert;
  }

  describe(): string {
    return `${this.#invert ? "not: " : ""}metadata ${this.#filter}:${this.#path.join(":")} ${this.#value.describe()}`;
  }
}

/** Compiles a matcher; mistakes are reported. */
export function compileMetadataMatcher(config: MetadataMatcherConfig, report: Report): MetadataMatcher {
  const path = config.path.map((segment) => segment.key ?? "");
  return new MetadataMatcher(config.filter, path, compileValueMatcher(config.value, report), config.invert);
}
