/** Bytes that one call allocates on the heap (garbage included), or NaN when the collector cannot be steered (`--expose-gc`). */
export function bytesPerCall(fn: () => void): number {
  const gc = (globalThis as { gc?: () => void }).gc;
  if (gc === undefined) return Number.NaN;
  for (let i = 0; i < 1_000; i++) fn();
  const samples: number[] = [];
  // Few enough calls that no collection falls into a sample: one that does shows as a smaller or negative figure, hence the median.
  for (let calls = 16; samples.length < 15;) {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i++) fn();
    const grown = process.memoryUsage().heapUsed - before;
    // `memoryUsage` itself allocates a little: enough calls make that vanish.
    if (grown > 0 && grown < 262_144 && calls < 65_536) {
      calls *= 2;
      continue;
    }
    samples.push((grown - overhead()) / calls);
  }
  return Math.max(0, samples.sort((a, b) => a - b)[samples.length >> 1]);
}

let measured: number | undefined;

/** What asking for the heap's size allocates itself. */
function overhead(): number {
  if (measured !== undefined) return measured;
  const samples = Array.from({ length: 9 }, () => {
    const before = process.memoryUsage().heapUsed;
    return process.memoryUsage().heapUsed - before;
  });
  measured = samples.sort((a, b) => a - b)[4];
  return measured;
}
