/** Names that were written once. Clients choose names, so there is a bound. */
const known = new Map<string, string>();
const MOST = 1000;

/** A header name as `proper_case_words` writes it: every letter that follows none, and no digit, is upper case. */
export function properCaseName(name: string): string {
  const found = known.get(name);
  if (found !== undefined) return found;
  const proper = name.replace(/(?<![a-z0-9])[a-z]/g, (letter) => letter.toUpperCase());
  if (known.size < MOST) known.set(name, proper);
  return proper;
}
