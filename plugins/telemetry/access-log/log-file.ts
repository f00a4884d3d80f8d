import { Timer } from "../../../core/transport/timers.ts";
import type { TimerOwner } from "../../../core/transport/timers.ts";
import type { LogFilesOptions, LogFileStats } from "./log-files.ts";

/** Timers of a file: lines have waited long enough; a full pipe may take more by now. */
const FLUSH = 0;
const RETRY = 1;
const RETRY_MS = 10;

/**
 * A file that lines are appended to. Lines are gathered in one string and written by one system call at a time: when there is
 * enough of them, or when the first has waited for the flush interval. No promise, and nothing made, for a line.
 */
export class LogFile implements TimerOwner {
  readonly path: string;
  readonly #options: Required<LogFilesOptions>;
  readonly #stats: LogFileStats;
  readonly #standard: boolean;
  readonly #onClosed: () => void;
  readonly #flushTimer = new Timer(this, FLUSH);
  readonly #retryTimer = new Timer(this, RETRY);
  readonly #done = (error: Error | null, written: number): void => this.#onWritten(error, written);
  #fd: number;
  /** Opened anew, to be used as soon as nothing is being written; -1: none. */
  #nextFd = -1;
  #users = 0;
  #pending = "";
  /** Being written: the bytes, and how many of them the system has taken. Null: nothing is. */
  #writing: Uint8Array | null = null;
  #offset = 0;
  #failing = false;
  #waiters: (() => void)[] = [];

  constructor(
    path: string,
    fd: number,
    standard: boolean,
    options: Required<LogFilesOptions>,
    stats: LogFileStats,
    onClosed: () => void,
  ) {
    this.path = path;
    this.#fd = fd;
    this.#standard = standard;
    this.#options = options;
    this.#stats = stats;
    this.#onClosed = onClosed;
  }

  /** Adds a line, line end included, as a byte string. */
  write(line: string): void {
    const stats = this.#stats;
    const size = this.#pending.length + line.length;
    if (size > this.#options.maxBuffered || this.#fd < 0) {
      stats.write_dropped.value++;
      return;
    }
    this.#pending += line;
    stats.write_buffered.value++;
    stats.write_total_buffered.value += line.length;
    if (this.#writing !== null) return;
    if (size >= this.#options.flushSize) this.#start();
    else if (!this.#flushTimer.armed) this.#options.timers.arm(this.#flushTimer, this.#options.flushInterval);
  }

  /** Starts writing what is held, unless something is being written. */
  flush(): void {
    if (this.#writing === null && this.#pending !== "") this.#start();
  }

  #start(): void {
    this.#options.timers.disarm(this.#flushTimer);
    this.#writing = Buffer.from(this.#pending, "latin1");
    this.#offset = 0;
    this.#pending = "";
    this.#continue();
  }

  #continue(): void {
    const data = this.#writing as Uint8Array;
    this.#options.fileSystem.write(this.#fd, data, this.#offset, data.length - this.#offset, null, this.#done);
  }

  #onWritten(error: Error | null, written: number): void {
    const data = this.#writing as Uint8Array;
    if (error !== null) {
      // A pipe that its reader does not empty: not a fault, only full.
      if ("code" in error && error.code === "EAGAIN") {
        this.#options.timers.arm(this.#retryTimer, RETRY_MS);
        return;
      }
      this.#stats.write_failed.value++;
      if (!this.#failing)
        this.#options.log.error(`can't write to the log ${this.path}: ${error.message}; lines are lost until it can be`);
      this.#failing = true;
    } else {
      this.#offset += written;
      if (this.#offset < data.length) {
        this.#continue();
        return;
      }
      if (this.#failing) this.#options.log.info(`the log ${this.path} can be written to again`);
      this.#failing = false;
      this.#stats.write_completed.value++;
    }
    this.#stats.write_total_buffered.value -= data.length;
    this.#writing = null;
    this.#afterWrite();
  }

  #afterWrite(): void {
    if (this.#nextFd >= 0) this.#swap();
    const urgent = this.#waiters.length > 0 || this.#users === 0;
    if (this.#pending.length >= this.#options.flushSize || (urgent && this.#pending !== "")) this.#start();
    else if (this.#pending !== "") this.#options.timers.arm(this.#flushTimer, this.#options.flushInterval);
    else this.#settle();
  }

  /** Nothing is held and nothing is being written. */
  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
    if (this.#users > 0 || this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#onClosed();
    if (!this.#standard) this.#options.fileSystem.close(fd, ignore);
  }

  onTimer(timer: Timer): void {
    if (timer.tag === RETRY) {
      this.#continue();
      return;
    }
    this.#stats.flushed_by_timer.value++;
    this.flush();
  }

  /** Opens the path anew; until that has come about, and if it fails, lines go to the file that is open. */
  reopen(): void {
    if (this.#standard || this.#fd < 0) return;
    this.#options.fileSystem.open(this.path, "a", 0o644, (error, fd) => {
      if (error !== null) {
        this.#stats.reopen_failed.value++;
        this.#options.log.error(`can't reopen the log ${this.path}: ${error.message}`);
        return;
      }
      // Reopened twice, or closed meanwhile: the older of the two, or this one, is not needed.
      const unused = this.#fd < 0 ? fd : this.#nextFd;
      if (unused >= 0) this.#options.fileSystem.close(unused, ignore);
      if (this.#fd < 0) return;
      this.#nextFd = fd;
      if (this.#writing === null) this.#swap();
    });
  }

  #swap(): void {
    this.#options.fileSystem.close(this.#fd, ignore);
    this.#fd = this.#nextFd;
    this.#nextFd = -1;
  }

  /** Resolves when all lines so far are written, or lost. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#writing === null && this.#pending === "") {
        resolve();
        return;
      }
      this.#waiters.push(resolve);
      this.flush();
    });
  }

  /** Writes what is held at once. */
  flushSync(): void {
    if (this.#pending === "" || this.#fd < 0) return;
    const data = Buffer.from(this.#pending, "latin1");
    this.#pending = "";
    this.#stats.write_total_buffered.value -= data.length;
    try {
      for (let at = 0; at < data.length;) at += this.#options.fileSystem.writeSync(this.#fd, data.subarray(at));
      this.#stats.write_completed.value++;
    } catch {
      // The process is about to end: there is nobody to tell but the counter.
      this.#stats.write_failed.value++;
    }
  }

  /** One more user. */
  retain(): void {
    this.#users++;
  }

  /** One user less; after the last one the file is closed, when all is written. */
  release(): void {
    if (--this.#users > 0 || this.#writing !== null) return;
    if (this.#pending !== "") this.#start();
    else this.#settle();
  }
}

/** Closing can only fail in ways that nobody can mend. */
function ignore(): void {}
