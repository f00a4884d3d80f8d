import { close, open, openSync, write, writeSync } from "node:fs";
import type { Logger } from "../../../core/contract/filter.ts";
import type { Counter, Gauge, StatsScope } from "../../../core/contract/stats.ts";
import type { TimerWheel } from "../../../core/transport/timers.ts";
import { LogFile } from "./log-file.ts";

/** The calls of `node:fs` that a log needs; replaced in tests. */
export interface LogFileSystem {
  openSync(path: string, flags: "a", mode: number): number;
  open(path: string, flags: "a", mode: number, done: (error: Error | null, fd: number) => void): void;
  write(fd: number, data: Uint8Array, offset: number, length: number, position: null, done: WriteDone): void;
  writeSync(fd: number, data: Uint8Array): number;
  close(fd: number, done: (error: Error | null) => void): void;
}
/** Hears how a write ended. */
export type WriteDone = (error: Error | null, written: number) => void;

const FILE_SYSTEM: LogFileSystem = { openSync, open, write, writeSync, close };

/** How log files are written. */
export interface LogFilesOptions {
  readonly stats: StatsScope;
  readonly log: Logger;
  readonly timers: TimerWheel;
  /** The longest that a line waits, in ms. Default 1000 (Envoy: `--file-flush-interval-msec`, 10,000). */
  readonly flushInterval?: number;
  /** Write as soon as so much is gathered, in bytes. Default 64 KiB, as Envoy. */
  readonly flushSize?: number;
  /** What may wait while the disk is slow, in bytes a file. Default 16 MiB; lines beyond it are dropped and counted. */
  readonly maxBuffered?: number;
  readonly fileSystem?: LogFileSystem;
}

/** Counters below `filesystem.`, Envoy's names; `write_dropped` is ours. */
export interface LogFileStats {
  readonly write_buffered: Counter;
  readonly write_completed: Counter;
  readonly write_failed: Counter;
  readonly write_dropped: Counter;
  readonly flushed_by_timer: Counter;
  readonly reopen_failed: Counter;
  readonly write_total_buffered: Gauge;
}

/** The log files of a process, one for each path: configurations that name the same path share it. */
export class LogFiles {
  readonly #files = new Map<string, LogFile>();
  readonly #options: Required<LogFilesOptions>;
  readonly #stats: LogFileStats;

  constructor(options: LogFilesOptions) {
    this.#options = { flushInterval: 1000, flushSize: 65_536, maxBuffered: 16_777_216, fileSystem: FILE_SYSTEM, ...options };
    const scope = options.stats.scope("filesystem");
    this.#stats = {
      write_buffered: scope.counter("write_buffered"),
      write_completed: scope.counter("write_completed"),
      write_failed: scope.counter("write_failed"),
      write_dropped: scope.counter("write_dropped"),
      flushed_by_timer: scope.counter("flushed_by_timer"),
      reopen_failed: scope.counter("reopen_failed"),
      write_total_buffered: scope.gauge("write_total_buffered"),
    };
  }

  /**
   * Opens a file for appending, or joins those who have it open; `release()` it in the end. "/dev/stdout" and "/dev/stderr" are the
   * process's own streams, also where these can't be opened by name (sockets). Throws the system's error when it can't be opened.
   */
  acquire(path: string): LogFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      const standard = path === "/dev/stdout" ? 1 : path === "/dev/stderr" ? 2 : -1;
      const fd = standard > 0 ? standard : this.#options.fileSystem.openSync(path, "a", 0o644);
      file = new LogFile(path, fd, standard > 0, this.#options, this.#stats, () => this.#files.delete(path));
      this.#files.set(path, file);
    }
    file.retain();
    return file;
  }

  /** Opens all files anew, after a rotation. One that can't be opened goes on with what it has. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  /** Writes what is held; resolves when it is written, or has failed. */
  async flush(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.drain()));
  }

  /** Writes what is held before the process exits; what is being written at the moment is on its way already. */
  flushSync(): void {
    for (const file of this.#files.values()) file.flushSync();
  }
}
