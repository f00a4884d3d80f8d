import { compileRegex } from "../../core/match/regex.ts";

/**
 * Compiles a `filter` parameter, an expression that has to match somewhere in a name, in time linear in the name.
 * A string is the reason why it is none.
 */
export function compileNameFilter(pattern: string): ((name: string) => boolean) | string {
  // Alone first: within the group below, a stray parenthesis could close it.
  const alone = compileRegex(pattern);
  if (typeof alone === "string") return alone;
  const within = compileRegex(`(?s:.*)(?:${pattern})(?s:.*)`);
  return typeof within === "string" ? within : (name) => within.match(name);
}
