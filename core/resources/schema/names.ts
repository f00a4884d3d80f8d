/** `perConnectionBufferLimitBytes` gives `per_connection_buffer_limit_bytes`: the field's name in the `.proto` files. */
export function snakeCase(camel: string): string {
  let snake = "";
  let from = 0;
  for (let i = 0; i < camel.length; i++) {
    const code = camel.charCodeAt(i);
    if (code < 65 || code > 90) continue;
    snake += `${camel.slice(from, i)}_${String.fromCharCode(code + 32)}`;
    from = i + 1;
  }
  return from === 0 ? camel : snake + camel.slice(from);
}

/** The name that protobuf's JSON mapping gives to a field: `proxy_100_continue` gives `proxy100Continue`. */
export function camelCase(snake: string): string {
  return snake.includes("_") ? snake.replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase()) : snake;
}

/**
 * The candidate nearest to a word that may be a misspelling of it, or undefined if none is near. Case does not count. `most`: how many
 * letters may be wrong, by default a third; more is another word.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  most: number = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein's distance, or `limit` when it is not below. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const distance = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost);
      current.push(distance);
      if (distance < smallest) smallest = distance;
    }
    if (smallest >= limit) return limit;
    previous = current;
  }
  return Math.min(previous[b.length], limit);
}
