import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** For tests: makes the descriptor set when no build has. */
export function ensureDescriptors(): void {
  if (existsSync(new URL("../../dist/descriptors.bin", import.meta.url))) return;
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build-descriptors.mjs", import.meta.url))]);
}
