/** A set of ASCII characters: 128 bits in four words. Immutable. */
export class AsciiSet {
  readonly #a: number;
  readonly #b: number;
  readonly #c: number;
  readonly #d: number;

  private constructor(a: number, b: number, c: number, d: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  static readonly EMPTY: AsciiSet = new AsciiSet(0, 0, 0, 0);
  static readonly #chars: AsciiSet[] = [];

  /** One character. The same set each time: most of an expression are single characters. */
  static char(code: number): AsciiSet {
    return (AsciiSet.#chars[code] ??= AsciiSet.range(code, code));
  }

  /** The characters from `low` to `high`, both included. */
  static range(low: number, high: number): AsciiSet {
    const words: [number, number, number, number] = [0, 0, 0, 0];
    for (let code = low; code <= high; code++) words[code >> 5] |= 1 << (code & 31);
    return new AsciiSet(...words);
  }

  static of(text: string): AsciiSet {
    let set = AsciiSet.EMPTY;
    for (let i = 0; i < text.length; i++) set = set.union(AsciiSet.char(text.charCodeAt(i)));
    return set;
  }

  has(code: number): boolean {
    const word = code < 64 ? (code < 32 ? this.#a : this.#b) : code < 96 ? this.#c : this.#d;
    return code < 128 && (word & (1 << (code & 31))) !== 0;
  }

  /** The code of the only character, or -1. */
  get single(): number {
    const words = [this.#a, this.#b, this.#c, this.#d];
    let found = -1;
    for (let i = 0; i < 4; i++) {
      const word = words[i];
      if (word === 0) continue;
      if (found >= 0 || (word & (word - 1)) !== 0) return -1;
      found = i * 32 + 31 - Math.clz32(word);
    }
    return found;
  }

  union(other: AsciiSet): AsciiSet {
    return new AsciiSet(this.#a | other.#a, this.#b | other.#b, this.#c | other.#c, this.#d | other.#d);
  }

  minus(other: AsciiSet): AsciiSet {
    if (this.disjoint(other)) return this;
    return new AsciiSet(this.#a & ~other.#a, this.#b & ~other.#b, this.#c & ~other.#c, this.#d & ~other.#d);
  }

  complement(): AsciiSet {
    return new AsciiSet(~this.#a, ~this.#b, ~this.#c, ~this.#d);
  }

  disjoint(other: AsciiSet): boolean {
    return ((this.#a & other.#a) | (this.#b & other.#b) | (this.#c & other.#c) | (this.#d & other.#d)) === 0;
  }

  /** With each letter, the same letter in the other case. */
  withBothCases(): AsciiSet {
    let set: AsciiSet = this;
    for (const code of this.codes()) {
      if (code >= 65 && code <= 90) set = set.union(AsciiSet.char(code + 32));
      else if (code >= 97 && code <= 122) set = set.union(AsciiSet.char(code - 32));
    }
    return set;
  }

  codes(): number[] {
    const codes: number[] = [];
    for (let code = 0; code < 128; code++) if (this.has(code)) codes.push(code);
    return codes;
  }

  /** The set as a JavaScript regular expression: one escaped character or a class. */
  toSource(): string {
    const single = this.single;
    if (single >= 0) return escape(single);
    const codes = this.codes();
    let source = "";
    for (let i = 0; i < codes.length; i++) {
      const low = codes[i];
      while (codes[i + 1] === codes[i] + 1) i++;
      source += codes[i] === low ? escape(low) : `${escape(low)}-${escape(codes[i])}`;
    }
    return `[${source}]`;
  }
}

function escape(code: number): string {
  const isWord = (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isWord ? String.fromCharCode(code) : `\\x${code.toString(16).padStart(2, "0")}`;
}
