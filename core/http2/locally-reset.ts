/** How many are remembered. */
const SIZE = 256;

/**
 * Streams that this side has reset, the last of them: their peer may have sent more before it knew, which is no mistake of its own (RFC 9113 section
 * 5.1, "closed").
 */
export class LocallyReset {
  #ids: Set<number> | null = null;

  add(streamId: number): void {
    const ids = (this.#ids ??= new Set());
    ids.add(streamId);
    if (ids.size > SIZE) for (const oldest of ids) return void ids.delete(oldest);
  }

  has(streamId: number): boolean {
    return this.#ids !== null && this.#ids.has(streamId);
  }
}
