import { Buffer } from "node:buffer";
import { latin1 } from "../../bytes/latin1.ts";
import { KIND_OTHER, kindOfField, kindOfName } from "../field-kind.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { decodedBound, huffmanDecode } from "./huffman-decode.ts";
import { BlockCursor } from "./integer.ts";
import { STATIC_NAMES, STATIC_SIZE, STATIC_VALUES } from "./static-table.ts";

/** Who gets the fields of a block, in their order. */
export interface FieldSink {
  /** `kind`: one of `KIND_*` of field-kind.ts. Names and values are characters 0 to 255, not checked beyond what `kind` says. */
  field(name: string, value: string, kind: number): void;
}

const STATIC_NAME_KINDS = Uint8Array.from(STATIC_NAMES, (name) => (name === "" ? KIND_OTHER : kindOfName(name)));

/** Decoded strings of Huffman codes go here first. One for the process: it is used within one call only. */
let scratch = Buffer.allocUnsafeSlow(4096);
/** A scratch that a huge string made is not kept beyond this. */
const SCRATCH_KEPT = 64 * 1024;

/**
 * Decodes header blocks of one connection, in their order: each may change the table that the next one uses. What it costs is bounded by the
 * length of the blocks: an index yields a string that is there already.
 *
 * Source: RFC 7541.
 */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #cursor: BlockCursor;
  /** What our SETTINGS allow the peer's encoder (`SETTINGS_HEADER_TABLE_SIZE`). */
  #limit: number;
  /** After the limit was lowered below what is in use the next block must begin with a size update (RFC 7541 section 4.2). */
  #updateDue: boolean;

  constructor(maxTableSize: number) {
    this.#table = new DynamicTable(maxTableSize);
    this.#cursor = new BlockCursor();
    this.#limit = maxTableSize;
    this.#updateDue = false;
  }

  /** Octets in the table. */
  get tableSize(): number {
    return this.#table.size;
  }

  /** The peer has acknowledged our new `SETTINGS_HEADER_TABLE_SIZE`. */
  setLimit(maxTableSize: number): void {
    this.#limit = maxTableSize;
    if (this.#table.maxSize > maxTableSize) this.#updateDue = true;
  }

  /** Decodes a whole block. False: it is broken, and so is the connection (COMPRESSION_ERROR). */
  decode(bytes: Buffer, from: number, end: number, sink: FieldSink): boolean {
    const cursor = this.#cursor;
    cursor.begin(bytes, from, end);
    // Size updates stand at the beginning, at most two of them (RFC 7541 section 4.2).
    let updates = 0;
    let first = true;
    while (cursor.at < end) {
      const octet = bytes[cursor.at];
      if (octet >= 128) {
        if (first && this.#updateDue) return false;
        if (!this.#indexed(cursor.integer(7), sink)) return false;
      } else if (octet >= 64) {
        if (first && this.#updateDue) return false;
        if (!this.#literal(bytes, cursor.integer(6), true, sink)) return false;
      } else if (octet >= 32) {
        const size = cursor.integer(5);
        if (!first || ++updates > 2 || cursor.failed || size > this.#limit) return false;
        this.#table.resize(size);
        this.#updateDue = false;
        continue;
      } else {
        if (first && this.#updateDue) return false;
        if (!this.#literal(bytes, cursor.integer(4), false, sink)) return false;
      }
      first = false;
    }
    return !cursor.failed;
  }

  #indexed(index: number, sink: FieldSink): boolean {
    if (index <= STATIC_SIZE) {
      if (index === 0) return false;
      sink.field(STATIC_NAMES[index], STATIC_VALUES[index], STATIC_NAME_KINDS[index]);
      return true;
    }
    const table = this.#table;
    const position = index - STATIC_SIZE - 1;
    if (position >= table.length) return false;
    const slot = table.slot(position);
    sink.field(table.name(slot), table.value(slot), table.kind(slot));
    return true;
  }

  #literal(bytes: Buffer, index: number, keep: boolean, sink: FieldSink): boolean {
    let name: string;
    let nameKind: number;
    if (index === 0) {
      const text = this.#string(bytes);
      if (text === undefined) return false;
      name = text;
      nameKind = kindOfName(name);
    } else if (index <= STATIC_SIZE) {
      name = STATIC_NAMES[index];
      nameKind = STATIC_NAME_KINDS[index];
    } else {
      const position = index - STATIC_SIZE - 1;
      if (position >= this.#table.length) return false;
      name = this.#table.name(this.#table.slot(position));
      nameKind = kindOfName(name);
    }
    const value = this.#string(bytes);
    if (value === undefined) return false;
    const kind = kindOfField(nameKind, value);
    if (keep) this.#table.add(name, value, kind);
    sink.field(name, value, kind);
    return true;
  }

  /** The string at the cursor (RFC 7541 section 5.2); undefined if it is broken. */
  #string(bytes: Buffer): string | undefined {
    const cursor = this.#cursor;
    if (cursor.at >= cursor.end) return undefined;
    const huffman = bytes[cursor.at] >= 128;
    const length = cursor.integer(7);
    const from = cursor.at;
    const to = from + length;
    if (cursor.failed || to > cursor.end) return undefined;
    cursor.at = to;
    if (!huffman) return latin1(bytes, from, to);
    const bound = decodedBound(length);
    let out = scratch;
    if (bound > out.length) {
      out = Buffer.allocUnsafeSlow(bound);
      if (bound <= SCRATCH_KEPT) scratch = out;
    }
    const decoded = huffmanDecode(bytes, from, to, out);
    return decoded < 0 ? undefined : latin1(out, 0, decoded);
  }
}
