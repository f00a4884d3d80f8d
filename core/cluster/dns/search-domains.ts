// Not node:fs/promises: that is loaded with its importer, this when it is first used.
import { promises } from "node:fs";

/** What resolv.conf(5) says about short names. */
export interface SearchDomains {
  readonly domains: readonly string[];
  /** A name with fewer dots is tried with the domains first. Default 1. */
  readonly ndots: number;
}

/** Reads `search`, `domain` (the last of them counts) and `options ndots:N`. */
export function parseSearchDomains(text: string): SearchDomains {
  let domains: string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [keyword, ...rest] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "search") domains = rest;
    else if (keyword === "domain") domains = rest.slice(0, 1);
    else if (keyword === "options") {
      for (const option of rest) {
        const found = /^ndots:(\d+)$/.exec(option);
        if (found !== null) ndots = Math.min(15, Number(found[1]));
      }
    }
  }
  return { domains: domains.filter((domain) => domain !== "."), ndots };
}

/** The system's; none when there is no such file. */
export async function readSearchDomains(path: string): Promise<SearchDomains> {
  try {
    return parseSearchDomains(await promises.readFile(path, "utf8"));
  } catch {
    return { domains: [], ndots: 1 };
  }
}

/** The names to ask for in turn. A name that ends in a dot is complete. */
export function candidates(name: string, { domains, ndots }: SearchDomains): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = domains.map((domain) => `${name}.${domain.replace(/\.$/, "")}`);
  const dots = name.split(".").length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}
