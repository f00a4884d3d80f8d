import type { FilterDefinition } from "../contract/filter.ts";
import { pluginIdOf } from "./loader/plugin-reference.ts";

/** What every definition of a filter has, of whatever kind. */
export interface Registered {
  readonly id: string;
  readonly typeUrls?: readonly string[];
}

/** Which filter of a kind a type URL means. Made from an explicit list: nothing registers itself. */
export class FilterRegistry<D extends Registered = FilterDefinition> {
  readonly #byType: Map<string, D>;
  readonly #byId: Map<string, D>;

  constructor(definitions: readonly D[]) {
    this.#byType = new Map();
    this.#byId = new Map();
    for (const definition of definitions) {
      this.#byId.set(definition.id, definition);
      for (const url of definition.typeUrls ?? []) this.#byType.set(url, definition);
    }
  }

  /** @param typeUrl without `type.googleapis.com/`: an Envoy message, a plugin's id, or anything that ends in one. */
  find(typeUrl: string): D | undefined {
    return this.#byType.get(typeUrl) ?? this.#byId.get(typeUrl) ?? this.#byId.get(pluginIdOf(typeUrl));
  }

  /** The same and more: a definition with the id of another takes its place. */
  with(definitions: readonly D[]): FilterRegistry<D> {
    return definitions.length === 0 ? this : new FilterRegistry([...this.#byId.values(), ...definitions]);
  }

  get definitions(): readonly D[] {
    return [...this.#byId.values()];
  }

  /** Every type URL and id, for error messages and `analyze`. */
  get names(): readonly string[] {
    return [...this.#byType.keys(), ...this.#byId.keys()];
  }
}
