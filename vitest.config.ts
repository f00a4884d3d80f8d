import { defineConfig } from "vitest/config";

export default defineConfig({
  // What plugins import, without a build.
  resolve: { alias: { "isthmus/plugin": new URL("plugins/plugin.ts", import.meta.url).pathname } },
  test: {
    include: ["{core,plugins,gateway,sidecar,bench,test,examples}/**/*.test.ts"],
    // Two cores is the usual machine: more workers only make timeouts noisy.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
