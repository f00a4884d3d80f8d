import type { DataSource } from "../resources/base.ts";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";

/** What a data source holds. */
export interface SourceContent {
  readonly bytes: Buffer;
  /** Path of the file, or "" for a value or an environment variable. */
  readonly file: string;
  /** Where it comes from, for messages: `"/certs/tls.crt"`, `the environment variable "KEY"`, `the inline value`. */
  readonly origin: string;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this process may not read it",
  EISDIR: "it is a folder",
};

/** Reads a source; a string says what is wrong with it. */
export function readSource(source: DataSource): SourceContent | string {
  const { filename, inlineBytes, inlineString, environmentVariable } = source;
  if (filename !== undefined) {
    try {
      return { bytes: readFileSync(filename), file: filename, origin: JSON.stringify(filename) };
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      return `can't read ${JSON.stringify(filename)}: ${REASONS[code] ?? message}`;
    }
  }
  if (environmentVariable !== undefined) {
    const value = process.env[environmentVariable];
    if (value === undefined) return `found no environment variable ${JSON.stringify(environmentVariable)}, wanted it to be set`;
    return { bytes: Buffer.from(value), file: "", origin: `the environment variable ${JSON.stringify(environmentVariable)}` };
  }
  return { bytes: Buffer.from(inlineBytes ?? inlineString ?? ""), file: "", origin: "the inline value" };
}
