import type { FieldNames } from "./field-names.ts";

/** What an entry counts beside its name and its value. Source: RFC 7541 section 4.1. */
export const ENTRY_OVERHEAD = 32;

/**
 * The dynamic table of one direction: the newest entry first, the oldest are dropped when it grows past its size (RFC 7541 section 4). A ring, so
 * that neither adding nor dropping moves anything.
 */
export class DynamicTable {
  #names: string[];
  #values: string[];
  #kinds: Uint8Array;
  /** Slots are counted up for ever and taken modulo the ring's length, a power of two. `#next` is the one for the next entry. */
  #next: number;
  #length: number;
  #size: number;
  #maxSize: number;
  /** Told of entries that are dropped: the encoder's index. */
  readonly #index: FieldNames | null;

  constructor(maxSize: number, index: FieldNames | null = null) {
    this.#names = new Array<string>(FIRST_SLOTS).fill("");
    this.#values = new Array<string>(FIRST_SLOTS).fill("");
    this.#kinds = new Uint8Array(FIRST_SLOTS);
    this.#next = 0;
    this.#length = 0;
    this.#size = 0;
    this.#maxSize = maxSize;
    this.#index = index;
  }

  /** Entries. */
  get length(): number {
    return this.#length;
  }
  /** Octets, as RFC 7541 section 4.1 counts them. */
  get size(): number {
    return this.#size;
  }
  get maxSize(): number {
    return this.#maxSize;
  }
  /** The number that the next entry gets: ascending, never given twice. */
  get nextSequence(): number {
    return this.#next;
  }

  /** The ring's slot of an entry; `position` 0 is the newest. */
  slot(position: number): number {
    return (this.#next - 1 - position) & (this.#names.length - 1);
  }
  name(slot: number): string {
    return this.#names[slot];
  }
  value(slot: number): string {
    return this.#values[slot];
  }
  kind(slot: number): number {
    return this.#kinds[slot];
  }

  /** Adds an entry. One that is larger than the table empties it and is not kept (RFC 7541 section 4.4). */
  add(name: string, value: string, kind: number): boolean {
    const size = name.length + value.length + ENTRY_OVERHEAD;
    this.#shrinkTo(this.#maxSize - size);
    if (size > this.#maxSize) return false;
    if (this.#length === this.#names.length) this.#grow();
    const slot = this.#next++ & (this.#names.length - 1);
    this.#names[slot] = name;
    this.#values[slot] = value;
    this.#kinds[slot] = kind;
    this.#length++;
    this.#size += size;
    return true;
  }

  /** Changes the size; what no longer fits is dropped. */
  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#shrinkTo(maxSize);
  }

  #shrinkTo(size: number): void {
    while (this.#size > size && this.#length > 0) {
      const sequence = this.#next - this.#length;
      const slot = sequence & (this.#names.length - 1);
      const name = this.#names[slot];
      const value = this.#values[slot];
      this.#index?.dropped(name, value, sequence);
      this.#size -= name.length + value.length + ENTRY_OVERHEAD;
      this.#length--;
      this.#names[slot] = "";
      this.#values[slot] = "";
    }
  }

  #grow(): void {
    const before = this.#names.length;
    const names = new Array<string>(before * 2).fill("");
    const values = new Array<string>(before * 2).fill("");
    const kinds = new Uint8Array(before * 2);
    for (let sequence = this.#next - this.#length; sequence < this.#next; sequence++) {
      const from = sequence & (before - 1);
      const to = sequence & (before * 2 - 1);
      names[to] = this.#names[from];
      values[to] = this.#values[from];
      kinds[to] = this.#kinds[from];
    }
    this.#names = names;
    this.#values = values;
    this.#kinds = kinds;
  }
}

const FIRST_SLOTS = 16;
