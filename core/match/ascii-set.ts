/** A set of ASCII characters: 128 bits in four words. Immutable. */
export class AsciiSet {
  readonly #w: readonly [number, number, number, number];

  private constructor(a: number, b: number, c: number, d: number) {
    this.#w = [a, b, c, d];
  }

  static readonly EMPTY: AsciiSet = new AsciiSet(0, 0, 0, 0);
  static readonly ALL: AsciiSet = new AsciiSet(-1, -1, -1, -1);

  /** The characters from `low` to `high`, both included. */
  static range(low: number, high: number): AsciiSet {
    const words: [number, number, number, number] = [0, 0, 0, 0];
    for (let code = low; code <= high; code++) words[code >> 5] |= 1 << (code & 31);
    return new AsciiSet(...words);
  }

  static of(text: string): AsciiSet {
    let set = AsciiSet.EMPTY;
    for (let i = 0; i < text.length; i++) set = set.union(AsciiSet.range(text.charCodeAt(i), text.charCodeAt(i)));
    return set;
  }

  has(code: number): boolean {
    return code < 128 && (this.#w[code >> 5] & (1 << (code & 31))) !== 0;
  }

  union(other: AsciiSet): AsciiSet {
    const [a, b, c, d] = this.#w;
    const [e, f, g, h] = other.#w;
    return new AsciiSet(a | e, b | f, c | g, d | h);
  }

  minus(other: AsciiSet): AsciiSet {
    const [a, b, c, d] = this.#w;
    const [e, f, g, h] = other.#w;
    return new AsciiSet(a & ~e, b & ~f, c & ~g, d & ~h);
  }

  complement(): AsciiSet {
    const [a, b, c, d] = this.#w;
    return new AsciiSet(~a, ~b, ~c, ~d);
  }

  disjoint(other: AsciiSet): boolean {
    const [a, b, c, d] = this.#w;
    const [e, f, g, h] = other.#w;
    return ((a & e) | (b & f) | (c & g) | (d & h)) === 0;
  }

  /** With each letter, the same letter in the other case. */
  withBothCases(): AsciiSet {
    let set: AsciiSet = this;
    for (const code of this.codes()) {
      if (code >= 65 && code <= 90) set = set.union(AsciiSet.range(code + 32, code + 32));
      else if (code >= 97 && code <= 122) set = set.union(AsciiSet.range(code - 32, code - 32));
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
    const codes = this.codes();
    if (codes.length === 1) return escape(codes[0]);
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
  const char = String.fromCharCode(code);
  return /[A-Za-z0-9]/.test(char) ? char : `\\x${code.toString(16).padStart(2, "0")}`;
}
