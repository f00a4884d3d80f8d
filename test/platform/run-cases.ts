/**
 * Runs tables of cases without a test framework, so that any runtime can: a line for each. Arguments: "native" or "portable" (the
 * connection's conformance on that path) or "facts", and optionally a part of the names of the cases to run.
 */
import { connectionCases } from "../../core/transport/connection.conformance.ts";
import { Skip, facts, inherits, serveInherited } from "./facts.ts";

const [table = "native", filter = ""] = process.argv.slice(2);
const cases: readonly { name: string; run: (native: boolean) => Promise<void> }[] = table === "facts" ? facts : connectionCases;

async function runAll(): Promise<number> {
  let failed = 0;
  for (const { name, run } of cases) {
    if (!name.includes(filter)) continue;
    try {
      await run(table === "native");
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
