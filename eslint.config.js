import tseslint from "typescript-eslint";

const transportOnly = "sockets belong to core/transport (docs/architecture.md, Layers)";
const clockOnly = "time comes from core/transport/clock.ts, so that tests can hold it still";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "coverage/", "**/*.mjs", "eslint.config.js"] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/only-throw-error": "error",
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["core/**/*.ts", "plugins/**/*.ts", "gateway/**/*.ts"],
    ignores: ["core/transport/**", "**/*.test.ts", "**/*-fixture.ts", "**/testing/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "node:net", message: transportOnly },
            { name: "node:tls", message: transportOnly },
            { name: "node:http", message: "the data path uses our own codec" },
            { name: "node:https", message: "the data path uses our own codec" },
            { name: "node:http2", message: "the data path uses our own codec" },
            { name: "undici", message: "the data path uses our own codec" },
          ],
        },
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: clockOnly },
        { object: "performance", property: "now", message: clockOnly },
      ],
    },
  },
);
