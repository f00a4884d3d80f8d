import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { family, residentMemory } from "../../test/lib/process.ts";

/** Clock ticks a second of /proc/PID/stat. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** CPU time in microseconds that a process and its living descendants have used, user and system. */
export function cpuMicros(pid: number): number {
  let ticks = 0;
  for (const one of family(pid)) {
    try {
      const stat = readFileSync(`/proc/${one}/stat`, "utf8");
      // The command's name may hold blanks; fields count from behind it.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // Gone meanwhile.
    }
  }
  return (ticks * 1e6) / TICKS;
}

/** Resident memory of a process and its descendants, in KiB. */
export function residentKib(pid: number): number {
  return residentMemory(pid) / 1024;
}

/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[(sorted.length - 1) >> 1];
}

/** The value below which the given share (0..1) of sorted values lies. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
