/** Where events of health go, a line each: a file that the assembly opens. */
export interface EventLog {
  /** A line of ASCII, its end included. */
  write(line: string): void;
  release(): void;
}

/** Opens the log at a path. Throws the system's error when it can't be opened. */
export type OpenEventLog = (path: string) => EventLog;

/** An event as a line: JSON whose characters beyond ASCII are escaped, as logs take bytes. */
export function eventLine(event: object): string {
  const escape = (char: string): string => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0");
  return JSON.stringify(event).replace(/[^\x20-\x7e]/g, escape) + "\n";
}

/** `google.protobuf.Timestamp` of a wall-clock time in ms, in protobuf's JSON form. */
export function timestampText(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
