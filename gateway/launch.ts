import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

/** The program's bundle, seen from dist/, without its extension: the build fills it in. */
declare const __PROGRAM__: string;

/** What there is in a CommonJS module, which this becomes. */
declare const require: NodeJS.Require;
declare const module: NodeJS.Module;
declare const __dirname: string;

type Wrapped = (exports: object, require: NodeJS.Require, module: object, filename: string, directory: string) => void;

/**
 * Where the compiled form of a program is: it fits one build (a program's name holds the hash of its text), one engine and one architecture.
 * @param file the program
 */
export function codeCacheFile(file: string): string {
  return `${file.replace(/\.cjs$/, "")}.${process.versions.v8}-${process.arch}.cache`;
}

/** The program as a function of what a CommonJS module finds around it. The engine takes compiled forms of exactly this text only. */
export function compileProgram(file: string, cachedData?: Buffer): Script {
  // The bundler writes ASCII, and a string of single bytes needs no decoding.
  const text = readFileSync(file, "latin1");
  return new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: file,
    cachedData,
  });
}

/** Runs a compiled program. */
export function runProgram(script: Script, file: string): void {
  const around = { exports: {} };
  (script.runInThisContext() as Wrapped)(around.exports, require, around, file, dirname(file));
}

/**
 * Starts the program: from its compiled form where the build made one for this engine (60 ms less), else as any module. An engine with other
 * flags than the build's refuses the form and compiles the text; Deno keeps compiled forms of its own.
 */
export function start(): void {
  const file = join(__dirname, `${__PROGRAM__}.cjs`);
  const cache = "Deno" in globalThis ? undefined : readIfThere(codeCacheFile(file));
  if (cache === undefined) require(file);
  else runProgram(compileProgram(file, cache), file);
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

if (require.main === module) start();
