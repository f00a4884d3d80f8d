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
  const codes = new Uint32Array(lengths.length);
  let code = 0;
  for (let length = 5; length <= 30; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) if (lengths[symbol] === length) codes[symbol] = code++;
    code *= 2;
  }
  return codes;
}
