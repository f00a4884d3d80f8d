/** Who holds something back that is due when the current event has been handled. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];
let spare: Flushable[] = [];

function run(): void {
  const due = waiting;
  waiting = spare;
  for (let i = 0; i < due.length; i++) due[i].flush();
  due.length = 0;
  spare = due;
}

/** Calls `flush()` after the code that runs now, before the next event. */
export function flushAtEndOfTurn(item: Flushable): void {
  if (waiting.push(item) === 1) queueMicrotask(run);
}
