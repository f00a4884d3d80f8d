import { type Flushable, FlushQueue } from "../transport/flush-queue.ts";

export type { Flushable };

const queue = new FlushQueue((run) => queueMicrotask(run));

/** Calls `flush()` after the code that runs now, before the next event. */
export function flushAtEndOfTurn(item: Flushable): void {
  queue.add(item);
}
