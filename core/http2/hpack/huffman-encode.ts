import { CODE, CODE_LENGTH } from "./huffman-code.ts";

/** How many bytes a string of characters 0 to 255 takes. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_LENGTH[text.charCodeAt(i)];
  return (bits + 7) >> 3;
}

/** Writes a string of characters 0 to 255 at `at`; returns where it ends. */
export function huffmanEncode(text: string, out: Uint8Array, at: number): number {
  // At most 7 bits wait, and a code has at most 30: in two steps, so that they fit 32.
  let held = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i);
    let code = CODE[symbol];
    let length = CODE_LENGTH[symbol];
    if (length > 24) {
      held = (held << (length - 24)) | (code >>> 24);
      count += length - 24;
      while (count >= 8) out[at++] = held >>> (count -= 8);
      code &= 0xffffff;
      length = 24;
    }
    held = (held << length) | code;
    count += length;
    while (count >= 8) out[at++] = held >>> (count -= 8);
    held &= (1 << count) - 1;
  }
  if (count > 0) out[at++] = (held << (8 - count)) | (255 >> count);
  return at;
}
