import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A program of a page: the fenced block below `<!-- example: NAME -->`. */
export interface Example {
  readonly name: string;
  readonly code: string;
}

/** The examples of a page, in its order. */
export function examplesOf(page: string): Example[] {
  return [...page.matchAll(/<!-- example: (\S+) -->\n```ts\n([^]*?)```\n/g)].map(([, name, code]) => ({ name, code }));
}

/**
 * Writes examples into a folder of their own below the project, where packages and `isthmus` resolve as they do for its own examples.
 * @returns the folder, and what removes it.
 */
export function writeExamples(examples: readonly Example[]): { folder: string; remove: () => void } {
  const cache = join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "docs-"));
  for (const { name, code } of examples) writeFileSync(join(folder, name), code);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What the compiler says of files, as `NAME(LINE): MESSAGE`; nothing when all is well. The project's own options. */
export function typeErrors(files: readonly string[]): string[] {
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, { ...ts.sys, readDirectory: () => [] }, ROOT);
  // "isthmus" is the project itself, from source as "isthmus/plugin" is: no build has to be there.
  const paths = { ...options.paths, isthmus: ["./gateway/index.ts"] };
  const program = ts.createProgram([...files], { ...options, paths, incremental: false, tsBuildInfoFile: undefined });
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText }) => {
        const line = (source?.getLineAndCharacterOfPosition(start).line ?? -1) + 1;
        return `${file.slice(ROOT.length)}(${line}): ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
      },
    );
  });
}
