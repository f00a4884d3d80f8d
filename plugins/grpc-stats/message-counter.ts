/** Counts gRPC messages in chunks that may begin and end anywhere. A message counts from its first byte. Source: gRPC over HTTP/2, "Length-Prefixed-Message". */
export class MessageCounter {
  /** Messages so far. */
  count = 0;
  /** Bytes of the head, flag and length, that are there. */
  #head = 0;
  #length = 0;
  /** Bytes of the message that are still to come. */
  #left = 0;

  /** How many messages began in this chunk. */
  add(chunk: Uint8Array): number {
    const before = this.count;
    let i = 0;
    while (i < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - i);
        this.#left -= taken;
        i += taken;
        continue;
      }
      if (this.#head === 0) {
        this.count++;
        this.#length = 0;
      } else this.#length = this.#length * 256 + chunk[i];
      i++;
      if (++this.#head === 5) {
        this.#head = 0;
        this.#left = this.#length;
      }
    }
    return this.count - before;
  }
}
