/**
 * Runs tables of cases without a test framework, so that any runtime can: a line for each. Arguments: "native" or "portable" (the
 * connection's conformance on that path, followed by "-tls" over TLS) or "facts", and optionally a part of the names of the cases to run.
 */
import { connectionCases, overTls } from "../../core/transport/connection.conformance.ts";
import { testEnds } from "../lib/tls-ends.ts";
import { Skip, facts, inherits, serveInherited } from "./facts.ts";

const [table = "native", filter = ""] = process.argv.slice(2);
type Case = { readonly name: string; run(native: boolean): Promise<void> };

async function casesOf(): Promise<readonly Case[]> {
  if (table === "facts") return facts;
  if (!table.endsWith("-tls")) return connectionCases;
  const ends = await testEnds();
  return connectionCases
    .filter(({ plainOnly }) => plainOnly !== true)
    .map(({ name, run }) => ({ name, run: (native) => overTls(ends, () => run(native)) }));
}

async function runAll(): Promise<number> {
  let failed = 0;
  for (const { name, run } of await casesOf()) {
    if (!name.includes(filter)) continue;
    try {
      await run(table.startsWith("native"));
      console.log(`ok ${name}`);
    } catch (error) {
      if (error instanceof Skip) {
        console.log(`skipped ${name}: ${error.message}`);
        continue;
      }
      failed++;
      console.log(`not ok ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  return failed;
}

if (inherits) await serveInherited();
else process.exit((await runAll()) === 0 ? 0 : 1);
