import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { clock } from "./clock.ts";

/** ms between two collections that a slow peer caused: at most 0.3 % of a core on Node (0.6 ms each), 5 % on Deno (10 ms each). */
const INTERVAL = 200;
/** Pauses between two: a peer that is slow for a moment has nothing to do with it. */
const PAUSES = 4;

const isDeno = "Deno" in globalThis;

let pauses = 0;
let last = 0;
type Collector = (options: { type: "minor" }) => void;
let minor: Collector | null | undefined;

/**
 * Called when a connection stops reading because its counterpart is slow. What was read and passed on lies dead outside the heap, 64 KiB a read, and
 * the engine looks for it only after 32-64 MiB (twice its young generation): that would be the memory that a slow reader of a long body costs.
 * Collecting the young generation now and then while bodies stream slowly keeps it to a few MiB; nothing that runs at full speed pays for it.
 */
export function readingPaused(): void {
  if (++pauses < PAUSES) return;
  const now = clock.now();
  if (now - last < INTERVAL) return;
  pauses = 0;
  last = now;
  collectYoung();
}

/**
 * Called between slices of work that makes much that stays: the engine's own collection comes late, then copies all of that at once, and takes 20 ms; this one 2.5.
 * Not on Deno, where each takes many times as long.
 */
export function sliceMade(): void {
  if (!isDeno) collectYoung();
}

function collectYoung(): void {
  if (minor === undefined) minor = findCollector();
  const collect = minor;
  if (collect !== null) collect({ type: "minor" });
}

/** The engine's own function, which it gives to contexts made after the flag was set; null where it doesn't. */
function findCollector(): Collector | null {
  try {
    setFlagsFromString("--expose-gc");
    const found: unknown = runInNewContext("typeof gc === 'function' ? gc : null");
    // An engine with other flags than it was started with refuses compiled forms of the program, and what it makes now would be refused later.
    setFlagsFromString("--no-expose-gc");
    return typeof found === "function" ? (found as Collector) : null;
  } catch {
    return null;
  }
}
