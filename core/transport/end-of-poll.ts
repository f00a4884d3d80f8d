import { type Flushable, FlushQueue } from "./flush-queue.ts";

export type { Flushable as PollFlushable };

const queue = new FlushQueue((run) => setImmediate(run));

/**
 * Calls `flush()` once all sockets that are ready now have been read: what many events produce for one connection then leaves in one write. Costs no
 * latency beyond the work of that turn.
 */
export function flushAtEndOfPoll(item: Flushable): void {
  queue.add(item);
}
