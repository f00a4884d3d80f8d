import tseslint from "typescript-eslint";

// What is banned, where, and why. Each can be found by a search for its name; a comment that switches a rule off has to say why.

const sockets = "sockets belong to core/transport (docs/architecture.md, Layers)";
const codec = "the data path uses our own codec (docs/architecture.md, Layers)";
const time = "time comes from core/transport/clock.ts, so that tests can hold it still";
const log = "the program's log is core/observe/logger.ts: it has levels, and the admin port sets them";

const http = ["node:http", "node:https", "node:http2", "http", "https", "http2", "undici"].map((name) => ({
  name,
  message: codec,
}));
const net = ["node:net", "node:tls", "net", "tls"].map((name) => ({ name, message: sockets }));

const shipped = ["core/**/*.ts", "plugins/**/*.ts", "gateway/**/*.ts", "sidecar/**/*.ts"];
const tests = ["**/*.test.ts", "**/testing/**", "**/*.conformance.ts", "**/*fixture.ts"];

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
      // Promises: a rejection that nobody hears ends the process.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      // Types that say what is there.
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-array-delete": "error",
      "@typescript-eslint/no-for-in-array": "error",
      "@typescript-eslint/no-implied-eval": "error",
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: shipped,
    ignores: tests,
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "fetch", message: codec },
        { name: "WebSocket", message: codec },
        { name: "console", message: log },
      ],
    },
  },
  {
    files: shipped,
    ignores: [...tests, "core/transport/**"],
    rules: { "no-restricted-imports": ["error", { paths: [...net, ...http] }] },
  },
  { files: ["core/transport/**/*.ts"], ignores: tests, rules: { "no-restricted-imports": ["error", { paths: http }] } },
  {
    files: shipped,
    ignores: [...tests, "core/transport/clock.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: time },
        { object: "performance", property: "now", message: time },
        { object: "process", property: "hrtime", message: time },
      ],
      "no-restricted-syntax": ["error", { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: time }],
    },
  },
);
