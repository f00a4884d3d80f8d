/** Who holds something back that is due later in this turn of the event loop. */
export interface Flushable {
  flush(): void;
}

/** Items to flush together, at a time that whoever makes the queue chooses. Who adds while it runs is due the next time. */
export class FlushQueue {
  #waiting: Flushable[] = [];
  #spare: Flushable[] = [];
  readonly #later: (run: () => void) => unknown;
  readonly #run = (): void => {
    const due = this.#waiting;
    this.#waiting = this.#spare;
    for (let i = 0; i < due.length; i++) due[i].flush();
    due.length = 0;
    this.#spare = due;
  };

  /** `later` calls what it is given once. */
  constructor(later: (run: () => void) => unknown) {
    this.#later = later;
  }

  add(item: Flushable): void {
    if (this.#waiting.push(item) === 1) this.#later(this.#run);
  }
}
