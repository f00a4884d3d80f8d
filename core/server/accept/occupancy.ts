/** A part of a snapshot that something may still use when the snapshot was replaced. */
export interface Occupied {
  readonly occupied: boolean;
  /** Set when the snapshot was replaced: called when nothing uses the part any more. */
  onIdle: (() => void) | null;
}

/** Counts the connections that use a part of a snapshot. */
export class Occupancy implements Occupied {
  onIdle: (() => void) | null = null;
  #active = 0;

  get occupied(): boolean {
    return this.#active > 0;
  }

  enter(): void {
    this.#active++;
  }

  leave(): void {
    if (--this.#active === 0 && this.onIdle !== null) this.onIdle();
  }
}
