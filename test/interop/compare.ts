import type { Observation } from "./observe.ts";
import type { Aspect } from "./differences.ts";

/** Where an answer differs from Envoy's, a line each that begins with the aspect. */
export function compare(actual: Observation, envoy: Observation): string[] {
  const out: string[] = [];
  const check = (aspect: Aspect, mine: unknown, theirs: unknown): void => {
    if (mine !== theirs) out.push(`${aspect}: ${JSON.stringify(mine)}, Envoy: ${JSON.stringify(theirs)}`);
  };
  check("status", actual.status, envoy.status);
  check("complete", actual.complete, envoy.complete);
  check("body", actual.body, envoy.body);
  compareHeaders("header", actual.headers, envoy.headers, check);
  check("upstream", actual.upstream.length, envoy.upstream.length);
  for (let i = 0; i < Math.min(actual.upstream.length, envoy.upstream.length); i++) {
    const [mine, theirs] = [actual.upstream[i], envoy.upstream[i]];
    check("upstream", mine.origin, theirs.origin);
    check("upstream line", mine.line, theirs.line);
    check("upstream body", mine.body, theirs.body);
    compareHeaders("upstream header", mine.headers, theirs.headers, check);
    compareHeaders("upstream trailer", mine.trailers, theirs.trailers, check);
  }
  return out;
}

/** The aspect that a line of `compare` is about. */
export function aspectOf(line: string): Aspect {
  return line.slice(0, line.indexOf(": "));
}

function compareHeaders(
  what: string,
  actual: string[],
  envoy: string[],
  check: (aspect: Aspect, mine: unknown, theirs: unknown) => void,
): void {
  const byName = (lines: string[]): Map<string, string> =>
    new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  const [mine, theirs] = [byName(actual), byName(envoy)];
  for (const name of new Set([...mine.keys(), ...theirs.keys()]))
    check(`${what} ${name}`, mine.get(name) ?? null, theirs.get(name) ?? null);
}
