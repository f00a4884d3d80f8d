import { Buffer } from "node:buffer";
import { DynamicTable } from "./dynamic-table.ts";
import { type FieldName, FieldNames, POLICY_LEARN, POLICY_PLAIN, POLICY_SECRET } from "./field-names.ts";
import { huffmanEncode, huffmanLength } from "./huffman-encode.ts";
import { writeInteger } from "./integer.ts";
import { STATIC_SIZE } from "./static-table.ts";

/** Values of this many characters and more can't be guessed. Source: nghttp2 and others agree on 20. */
const GUESSABLE = 20;
/** After so many values of a name in a row that never came again they are no longer put into the table ... */
const MISSES = 4;
/** ... but for one in so many (a power of two), should that have changed. */
const RETRY = 32;
/** What integers and the like take beside a field's strings, at most. */
const FIELD_SLACK = 24;

const LITERAL_INDEXED = 0x40;
const LITERAL_PLAIN = 0x00;
const LITERAL_SECRET = 0x10;

/**
 * Encodes header blocks of one connection, in their order. What is put into the table is decided by what a name's values did before: one that keeps coming
 * back costs an octet, one that never does is left out, so that it drives out nobody else. Only what goes into a table, and so is sent once, is Huffman coded:
 * octets on the wire are cheaper than the work for each.
 *
 * Source: RFC 7541.
 */
export class HpackEncoder {
  readonly #names: FieldNames;
  readonly #table: DynamicTable;
  /** Our own bound of the table: `hpack_table_size`. */
  readonly #cap: number;
  /** The smallest size since the last block, if one must be told; -1: none. */
  #smallest: number;

  constructor(cap: number, peerLimit = 4096) {
    this.#names = new FieldNames();
    this.#cap = cap;
    this.#table = new DynamicTable(4096, this.#names);
    this.#smallest = -1;
    this.setPeerLimit(peerLimit);
  }

  get tableSize(): number {
    return this.#table.size;
  }
  /** Names that are remembered: what shows that memory is bounded. */
  get names(): number {
    return this.#names.size;
  }

  /** The peer's `SETTINGS_HEADER_TABLE_SIZE`. */
  setPeerLimit(limit: number): void {
    const size = Math.min(limit, this.#cap);
    if (size === this.#table.maxSize && this.#smallest < 0) return;
    this.#smallest = this.#smallest < 0 ? size : Math.min(this.#smallest, size);
    this.#table.resize(size);
  }

  /** Begins a block at the start of `block`. */
  begin(block: BlockWriter): void {
    block.length = 0;
    if (this.#smallest < 0) return;
    block.reserve(FIELD_SLACK);
    // The smallest first: the peer must have dropped what we have dropped (RFC 7541 section 4.2).
    if (this.#smallest < this.#table.maxSize) block.length = writeInteger(block.bytes, block.length, this.#smallest, 5, 0x20);
    block.length = writeInteger(block.bytes, block.length, this.#table.maxSize, 5, 0x20);
    this.#smallest = -1;
  }

  /** Adds a field. Characters above 255 lose their upper bits: they can't be in a header map. */
  field(block: BlockWriter, name: string, value: string): void {
    const entry = this.#names.of(name);
    const sequence = entry.find(value);
    if (sequence >= 0) {
      entry.misses = 0;
      block.reserve(FIELD_SLACK);
      block.length = writeInteger(block.bytes, block.length, this.#index(sequence), 7, 0x80);
      return;
    }
    const whole = entry.staticValues === null ? undefined : entry.staticValues.get(value);
    if (whole !== undefined) {
      block.reserve(FIELD_SLACK);
      block.bytes[block.length++] = 0x80 | whole;
      return;
    }
    this.#literal(block, name, value, entry);
  }

  #literal(block: BlockWriter, name: string, value: string, entry: FieldName): void {
    block.reserve(name.length + value.length + FIELD_SLACK);
    const { policy } = entry;
    let pattern = LITERAL_INDEXED;
    if (policy === POLICY_LEARN) {
      const misses = entry.misses++;
      if (misses >= MISSES && misses % RETRY !== 0) pattern = LITERAL_PLAIN;
    } else if (policy === POLICY_PLAIN) pattern = LITERAL_PLAIN;
    else if (policy === POLICY_SECRET || value.length < GUESSABLE) pattern = LITERAL_SECRET;
    const keep = pattern === LITERAL_INDEXED;
    // The name's index is that before this entry is added.
    const index = entry.staticIndex !== 0 ? entry.staticIndex : entry.latest >= 0 ? this.#index(entry.latest) : 0;
    const { bytes } = block;
    let at = writeInteger(bytes, block.length, index, keep ? 6 : 4, pattern);
    if (index === 0) at = writeString(bytes, at, name, true);
    block.length = writeString(bytes, at, value, keep);
    if (!keep) return;
    const sequence = this.#table.nextSequence;
    if (this.#table.add(name, value, 0)) this.#names.added(name, entry, value, sequence);
  }

  #index(sequence: number): number {
    return this.#table.nextSequence - sequence + STATIC_SIZE;
  }
}

function writeString(bytes: Buffer, at: number, text: string, compress: boolean): number {
  if (compress) {
    const length = huffmanLength(text);
    if (length < text.length) return huffmanEncode(text, bytes, writeInteger(bytes, at, length, 7, 0x80));
  }
  return writeLatin1(bytes, text, writeInteger(bytes, at, text.length, 7, 0));
}

function writeLatin1(bytes: Buffer, text: string, at: number): number {
  // Short strings are cheaper to copy here than to hand over.
  if (text.length > 16) return at + (bytes as Latin1Writable).latin1Write(text, at);
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  return at;
}

/** `Buffer` has had it since its beginning; the type declarations don't say so. */
type Latin1Writable = Buffer & { latin1Write(text: string, at: number): number };

/** Where a block is written to: grows, and is used again. */
export class BlockWriter {
  bytes: Buffer;
  /** Octets of the block so far. */
  length: number;

  constructor(size = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.length = 0;
  }

  /** Makes room for so many octets more. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(count);
  }

  #grow(count: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}
