/** Who has something to write when all events of this turn of the event loop have been handled. */
export interface PollFlushable {
  flush(): void;
}

let waiting: PollFlushable[] = [];
let spare: PollFlushable[] = [];

function run(): void {
  const due = waiting;
  waiting = spare;
  for (let i = 0; i < due.length; i++) due[i].flush();
  due.length = 0;
  spare = due;
}

/**
 * Calls `flush()` once all sockets that are ready now have been read: what many events produce for one connection then leaves in one write. Costs no
 * latency beyond the work of that turn.
 */
export function flushAtEndOfPoll(item: PollFlushable): void {
  if (waiting.push(item) === 1) setImmediate(run);
}
