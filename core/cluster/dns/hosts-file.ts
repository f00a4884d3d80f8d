// Not node:fs/promises: that is loaded with its importer, this when it is first used.
import { promises } from "node:fs";

/** Addresses by lower-case name. */
export type HostsTable = ReadonlyMap<string, readonly string[]>;

/** Reads the format of hosts(5). What is not an address and a name is left out. */
export function parseHosts(text: string): HostsTable {
  const table = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [ip, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (ip === "" || !/^[0-9a-f.:]+$/i.test(ip)) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const ips = table.get(key);
      if (ips === undefined) table.set(key, [ip]);
      else if (!ips.includes(ip)) ips.push(ip);
    }
  }
  return table;
}

/** The system's hosts file, read anew each time (names are resolved every few seconds at most). Empty when there is none. */
export async function readHosts(path: string): Promise<HostsTable> {
  try {
    return parseHosts(await promises.readFile(path, "utf8"));
  } catch {
    return new Map();
  }
}

/**
 * What the table says of a name: undefined when it doesn't know it. `localhost` and names below it are always the loopback
 * (RFC 6761 section 6.3), in families that the table lacks too.
 */
export function lookUpHosts(table: HostsTable, name: string, family: 4 | 6): readonly string[] | undefined {
  const key = name.toLowerCase().replace(/\.$/, "");
  const known = table.get(key);
  const found = known?.filter((ip) => ip.includes(":") === (family === 6));
  if (found !== undefined && found.length > 0) return found;
  if (key === "localhost" || key.endsWith(".localhost")) return [family === 6 ? "::1" : "127.0.0.1"];
  return found;
}
