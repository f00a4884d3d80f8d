/**
 * Lengths in bits of the codes of the symbols 0 to 256 (256: EOS), as letters from "a" for 5. The codes themselves follow: the code is canonical, codes
 * of one length count up with the symbol. Source: RFC 7541 Appendix B.
 */
const LENGTHS =
  "isxxxxxxxtzxxzxxxxxxxxzxxxxxxxxxbffhibdgffdgdbbbaaabbbbbbbcdkbhfibccccccccccccccccccccccdcdioijbkabababbbaccbbbabcbaabccccckgjix" +
  "prpprrrsrssssststtrstssssqrsrsstrqprrssqsrrtqrssqqrqsrssprrrsrrsvvporsruvvvwwvtuoqvwwvwtqqvvxwwwptpqrqqsrruuttvsvwvvwwwwwxwwwwwvz";

/** The symbol that no string may hold: its beginning pads the last byte. */
export const EOS = 256;

/** Bits of each symbol's code. */
export const CODE_LENGTH: Uint8Array = Uint8Array.from(LENGTHS, (letter) => letter.charCodeAt(0) - 97 + 5);

/** Each symbol's code, in its low `CODE_LENGTH` bits. */
export const CODE: Uint32Array = canonicalCodes(CODE_LENGTH);

function canonicalCodes(lengths: Uint8Array): Uint32Array {
  const next = new Uint32Array(32);
  for (const length of lengths) next[length + 1]++;
  // The first code of a length follows the last of the one before, a bit longer.
  for (let length = 1; length < 32; length++) next[length] = (next[length] + next[length - 1]) * 2;
  return Uint32Array.from(lengths, (length) => next[length]++);
}
