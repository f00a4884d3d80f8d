let last = 0;

/** Numbers of streams: unique in the process, ascending, whatever the protocol. */
export function nextStreamId(): number {
  return ++last;
}
