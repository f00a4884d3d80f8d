import { describe, expect, it } from "vitest";
import { resolveFamilies } from "./dns-resolver.ts";
import type { DnsAddress } from "./dns-resolver.ts";

const four: DnsAddress = { ip: "10.0.0.1", ttl: 1 };
const six: DnsAddress = { ip: "::1", ttl: 1 };

/** "4", "6": has that family. "x": asking for the family fails. */
function ask(known: string): { asked: number[]; ask: (family: 4 | 6) => Promise<readonly DnsAddress[]> } {
  const asked: number[] = [];
  return {
    asked,
    ask: (family) => {
      asked.push(family);
      if (known.includes(`x${family}`)) return Promise.reject(new Error(`ETIMEOUT ${family}`));
      return Promise.resolve(known.includes(String(family)) ? [family === 4 ? four : six] : []);
    },
  };
}

describe("resolveFamilies", () => {
  it.each([
    ["V4_ONLY", "46", [four], [4]],
    ["V6_ONLY", "46", [six], [6]],
    ["AUTO", "46", [six], [6]],
    ["AUTO", "4", [four], [6, 4]],
    ["AUTO", "4x6", [four], [6, 4]],
    ["AUTO", "", [], [6, 4]],
    ["V4_PREFERRED", "46", [four], [4]],
    ["V4_PREFERRED", "6", [six], [4, 6]],
    ["ALL", "46", [six, four], [6, 4]],
    ["ALL", "4x6", [four], [6, 4]],
    ["ALL", "", [], [6, 4]],
  ] as const)("%s with %j", async (family, known, wanted, asked) => {
    const dns = ask(known);
    expect(await resolveFamilies(family, dns.ask)).toEqual(wanted);
    expect(dns.asked).toEqual(asked);
  });

  it.each([
    ["V4_ONLY", "x4"],
    ["AUTO", "x6"],
    ["AUTO", "x6x4"],
    ["ALL", "x6"],
    ["ALL", "x4"],
  ] as const)("%s fails with %j", async (family, known) => {
    await expect(resolveFamilies(family, ask(known).ask)).rejects.toThrow("ETIMEOUT");
  });
});
