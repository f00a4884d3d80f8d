/**
 * Work that can be interrupted: a generator that yields where it may pause and returns its result. What it leaves half done is its own; nobody else sees
 * it before it returns.
 */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** Tells work in slices whether it is time to pause: `if (pace.due()) yield;`. */
export interface Pace {
  due(): boolean;
}

/** Never: the work is done in one go. */
export const NO_PAUSES: Pace = { due: () => false };

/** Does all of it now. */
export function finish<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
