// One command before a commit: format, types, lint, layers, unit tests, documentation. Stops at the first that fails.
import { spawnSync } from "node:child_process";

const steps = [
  ["format", "prettier", ["--check", "--log-level", "warn", "."]],
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["lint", "eslint", ["--cache", "--cache-location", "node_modules/.cache/eslint/", "--max-warnings", "0", "."]],
  [
    "layers, unit tests, documentation",
    "vitest",
    ["run", "core/", "plugins/", "gateway/", "examples/", "test/architecture/", "test/docs/"],
  ],
];
for (const [name, command, args] of steps) {
  const started = Date.now();
  const { status } = spawnSync("npx", ["--no-install", command, ...args], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) process.exit(status ?? 1);
}
