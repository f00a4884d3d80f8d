import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Logger } from "../../../core/contract/filter.ts";
import { StatsStore } from "../../../core/observe/stats-store.ts";
import { FakeClock } from "../../../core/transport/clock.ts";
import { TimerWheel } from "../../../core/transport/timers.ts";
import { LogFiles } from "./log-files.ts";
import type { LogFileSystem, WriteDone } from "./log-files.ts";

/** A disk that answers when it is told to. */
class FakeDisk implements LogFileSystem {
  readonly events: string[] = [];
  pending: { data: string; fd: number; done: WriteDone } | null = null;
  /** What the next `open` finds: an error's code, or "". */
  openError = "";
  #nextFd = 10;

  openSync(path: string): number {
    if (this.openError !== "") throw failure(this.openError, path);
    this.events.push(`open ${path} ${this.#nextFd}`);
    return this.#nextFd++;
  }
  open(path: string, _flags: "a", _mode: number, done: (error: Error | null, fd: number) => void): void {
    if (this.openError !== "") done(failure(this.openError, path), -1);
    else done(null, this.openSync(path));
  }
  write(fd: number, data: Uint8Array, offset: number, length: number, _position: null, done: WriteDone): void {
    expect(this.pending).toBeNull();
    this.pending = { fd, data: Buffer.from(data.subarray(offset, offset + length)).toString("latin1"), done };
  }
  writeSync(fd: number, data: Uint8Array): number {
    this.events.push(`sync ${fd} ${Buffer.from(data).toString("latin1")}`);
    return data.length;
  }
  close(fd: number, done: (error: Error | null) => void): void {
    this.events.push(`close ${fd}`);
    done(null);
  }

  /** Answers the write that is under way: all of it, its first bytes, or an error. Gives what was written. */
  answer(result: number | string = Infinity): string {
    const { data, done, fd } = this.pending ?? { data: "nothing was being written", done: () => undefined, fd: -1 };
    this.pending = null;
    if (typeof result === "string") done(failure(result, "write"), 0);
    else {
      this.events.push(`write ${fd} ${data.slice(0, result)}`);
      done(null, Math.min(result, data.length));
    }
    return data;
  }
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

interface World {
  readonly disk: FakeDisk;
  readonly files: LogFiles;
  readonly messages: string[];
  pass(ms: number): void;
  stat(name: string): number;
}

function setUp(options: { flushSize?: number; maxBuffered?: number } = {}): World {
  const disk = new FakeDisk();
  const clock = new FakeClock(1000);
  const timers = new TimerWheel(clock, { unref: true });
  const store = new StatsStore();
  const messages: string[] = [];
  const say = (message: string): void => void messages.push(message);
  const log: Logger = { debug: say, info: say, warn: say, error: say };
  const files = new LogFiles({ stats: store, log, timers, fileSystem: disk, flushInterval: 1000, ...options });
  return {
    disk,
    files,
    messages,
    pass: (ms) => {
      clock.advance(ms);
      timers.advance();
    },
    stat: (name) => [...store.counters, ...store.gauges].find((series) => series.name === `filesystem.${name}`)?.value ?? NaN,
  };
}

describe("a log file", () => {
  test("gathers lines and writes them after the flush interval", () => {
    const { files, disk, pass, stat } = setUp();
    const file = files.acquire("/a");
    file.write("1\n");
    pass(900);
    file.write("2\xff\n");
    expect(disk.pending).toBeNull();
    expect([stat("write_buffered"), stat("write_total_buffered")]).toEqual([2, 5]);
    pass(200);
    expect(disk.answer()).toBe("1\n2\xff\n");
    expect([stat("write_completed"), stat("write_total_buffered"), stat("flushed_by_timer")]).toEqual([1, 0, 1]);
    pass(5000);
    expect(disk.pending).toBeNull();
  });

  test("writes at once when there is enough, one write at a time", () => {
    const { files, disk, pass } = setUp({ flushSize: 4 });
    const file = files.acquire("/a");
    file.write("12\n");
    expect(disk.pending).toBeNull();
    file.write("3\n");
    file.write("4\n");
    file.write("5\n");
    expect(disk.answer()).toBe("12\n3\n");
    expect(disk.answer()).toBe("4\n5\n");
    file.write("6\n");
    pass(1100);
    expect(disk.answer()).toBe("6\n");
  });

  test("goes on after a write that took only a part", () => {
    const { files, disk, stat } = setUp({ flushSize: 1 });
    files.acquire("/a").write("abcdef");
    disk.answer(2);
    disk.answer(3);
    disk.answer();
    expect(disk.events).toEqual(["open /a 10", "write 10 ab", "write 10 cde", "write 10 f"]);
    expect(stat("write_completed")).toBe(1);
  });

  test("tries again when a pipe is full", () => {
    const { files, disk, pass, stat } = setUp({ flushSize: 1 });
    files.acquire("/dev/stdout").write("x");
    disk.answer("EAGAIN");
    expect(disk.pending).toBeNull();
    pass(20);
    expect(disk.answer()).toBe("x");
    expect([stat("write_failed"), stat("write_completed")]).toEqual([0, 1]);
  });

  test("drops what does not fit while the disk is slow", () => {
    const { files, disk, stat } = setUp({ flushSize: 1, maxBuffered: 4 });
    const file = files.acquire("/a");
    for (const line of ["1\n", "2\n", "3\n", "4\n"]) file.write(line);
    expect(stat("write_dropped")).toBe(1);
    disk.answer();
    expect(disk.answer()).toBe("2\n3\n");
  });

  test("says once that it can't write, counts, and says when it can again", () => {
    const { files, disk, messages, stat } = setUp({ flushSize: 1 });
    const file = files.acquire("/a");
    for (const result of ["ENOSPC", "ENOSPC", 9]) {
      file.write("x\n");
      disk.answer(result);
    }
    expect(messages).toEqual([
      "can't write to the log /a: ENOSPC: write; lines are lost until it can be",
      "the log /a can be written to again",
    ]);
    expect([stat("write_failed"), stat("write_completed"), stat("write_total_buffered")]).toEqual([2, 1, 0]);
  });
});

describe("reopening", () => {
  test("takes the new file as soon as the write that is under way is done", () => {
    const { files, disk } = setUp({ flushSize: 1 });
    const file = files.acquire("/a");
    file.write("1");
    files.reopen();
    files.reopen();
    file.write("2");
    disk.answer();
    disk.answer();
    expect(disk.events).toEqual(["open /a 10", "open /a 11", "open /a 12", "close 11", "write 10 1", "close 10", "write 12 2"]);
  });

  test("that fails leaves the old file in place", () => {
    const { files, disk, stat, messages } = setUp({ flushSize: 1 });
    const file = files.acquire("/a");
    disk.openError = "EACCES";
    files.reopen();
    file.write("1");
    disk.answer();
    expect(disk.events).toEqual(["open /a 10", "write 10 1"]);
    expect([stat("reopen_failed"), messages]).toEqual([1, ["can't reopen the log /a: EACCES: /a"]]);
  });

  test("does not touch the process's own streams", () => {
    const { files, disk } = setUp();
    files.acquire("/dev/stderr");
    files.reopen();
    expect(disk.events).toEqual([]);
  });
});

describe("the end", () => {
  test("a path is opened once, and closed when its last user has gone and all is written", () => {
    const { files, disk } = setUp();
    const one = files.acquire("/a");
    const two = files.acquire("/a");
    expect(one).toBe(two);
    one.write("1");
    one.release();
    expect(disk.pending).toBeNull();
    two.release();
    two.write("2");
    disk.answer();
    disk.answer();
    expect(disk.events).toEqual(["open /a 10", "write 10 1", "write 10 2", "close 10"]);
    expect(files.acquire("/a")).not.toBe(one);
    one.write("nowhere");
    expect(disk.pending).toBeNull();
  });

  test("flush resolves when everything is written", async () => {
    const { files, disk } = setUp({ flushSize: 1 });
    await files.flush();
    const file = files.acquire("/a");
    file.write("1");
    file.write("2");
    let done = false;
    const flushed = files.flush().then(() => (done = true));
    disk.answer();
    await Promise.resolve();
    expect(done).toBe(false);
    disk.answer();
    await flushed;
  });

  test("flushSync writes what is held", () => {
    const { files, disk, stat } = setUp();
    files.acquire("/a").write("1");
    files.flushSync();
    expect(disk.events).toEqual(["open /a 10", "sync 10 1"]);
    expect(stat("write_total_buffered")).toBe(0);
  });

  test("a file that can't be opened is an error", () => {
    const { files, disk } = setUp();
    disk.openError = "ENOENT";
    expect(() => files.acquire("/a")).toThrow("ENOENT");
  });
});

describe("on a real disk", () => {
  const directory = mkdtempSync(join(tmpdir(), "isthmus-log-"));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test("lines arrive, before and after a rotation", async () => {
    const path = join(directory, "access.log");
    const { files } = setUp();
    const real = new LogFiles({
      stats: new StatsStore(),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      timers: new TimerWheel(new FakeClock(), { unref: true }),
    });
    await files.flush();
    const file = real.acquire(path);
    for (let i = 0; i < 5000; i++) file.write(`line ${i} ${"x".repeat(40)}\n`);
    await real.flush();
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(5001);
    renameSync(path, path + ".1");
    real.reopen();
    await new Promise((resolve) => setTimeout(resolve, 50));
    file.write("new \xc3\xa9\n");
    await real.flush();
    expect(readFileSync(path, "utf8")).toBe("new é\n");
    file.release();
  });
});
