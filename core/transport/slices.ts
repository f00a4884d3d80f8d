import { finish, NO_PAUSES, type Pace, type Sliced } from "../contract/sliced.ts";
import { clock } from "./clock.ts";
import { sliceMade } from "./collect.ts";

/** How long the event loop may wait for one slice. ms: reading the time and a step between two readings come on top. */
const SLICE = 3;
/** Steps between readings of the time, which cost as much as a small step. A power of two. */
const STEPS = 8;

/** How work is done that can be interrupted: `inSlices` while connections are served, `atOnce` before the first. */
export type Pacing = <T>(work: (pace: Pace) => Sliced<T>) => Promise<T>;

/** Does work without a pause and without collecting between: nobody waits for the event loop. Rejects with what the work throws. */
export const atOnce: Pacing = (work) => new Promise((resolve) => resolve(finish(work(NO_PAUSES))));

/**
 * Does work in slices of a few milliseconds, between which the event loop turns: connections are served while a configuration is read.
 * Rejects with what the work throws.
 */
export async function inSlices<T>(work: (pace: Pace) => Sliced<T>, sliceMs: number = SLICE): Promise<T> {
  let began = clock.now();
  let steps = 0;
  const running = work({ due: () => (++steps & (STEPS - 1)) === 0 && clock.now() - began >= sliceMs });
  for (;;) {
    const step = running.next();
    if (step.done === true) return step.value;
    await turn();
    sliceMade();
    await turn();
    began = clock.now();
  }
}

const isDeno = "Deno" in globalThis;

/** After what waits in the event loop has had its turn. On Deno 2.9 immediates follow each other before sockets are looked at, timers do not. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void (isDeno ? setTimeout(resolve, 0) : setImmediate(resolve)));
}
