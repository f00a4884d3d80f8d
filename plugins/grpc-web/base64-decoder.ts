const INVALID = 255;
const PADDING = 254;
const CODES = makeCodes();

function makeCodes(): Uint8Array {
  const codes = new Uint8Array(256).fill(INVALID);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let i = 0; i < alphabet.length; i++) codes[alphabet.charCodeAt(i)] = i;
  codes["=".charCodeAt(0)] = PADDING;
  return codes;
}

/**
 * Decodes base64 in chunks that may be cut anywhere. Padding may stand in the midst: gRPC-Web's text is a row of encoded parts.
 * Source: RFC 4648 section 4; gRPC-Web, "application/grpc-web-text".
 */
export class Base64Decoder {
  readonly #group = new Uint8Array(4);
  #filled = 0;

  /** Whether all that came is decoded: nothing is left of a group of four. */
  get whole(): boolean {
    return this.#filled === 0;
  }

  /** The bytes of the groups that are whole now, or undefined for what is no base64. */
  decode(chunk: Uint8Array): Uint8Array | undefined {
    const out = new Uint8Array(Math.floor((this.#filled + chunk.length) / 4) * 3);
    const group = this.#group;
    let size = 0;
    for (let i = 0; i < chunk.length; i++) {
      const code = CODES[chunk[i]];
      if (code === INVALID) return undefined;
      // Padding is the last or the last two of a group.
      if (code === PADDING ? this.#filled < 2 : this.#filled === 3 && group[2] === PADDING) return undefined;
      group[this.#filled++] = code;
      if (this.#filled < 4) continue;
      this.#filled = 0;
      out[size++] = (group[0] << 2) | (group[1] >> 4);
      if (group[2] === PADDING) continue;
      out[size++] = ((group[1] & 15) << 4) | (group[2] >> 2);
      if (group[3] === PADDING) continue;
      out[size++] = ((group[2] & 3) << 6) | group[3];
    }
    return out.subarray(0, size);
  }
}
