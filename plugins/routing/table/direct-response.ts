import { readFileSync } from "node:fs";
import type { Report } from "../../../core/match/problem.ts";
import type { DataSource } from "../../../core/resources/base.ts";
import type { DirectResponseAction } from "../../../core/resources/route.ts";

/** The body of a `DirectResponseAction`; files are read now. `maxBody`: bytes (`max_direct_response_body_size_bytes`). Mistakes are reported. */
export function directResponseBody(config: DirectResponseAction, maxBody: number, report: Report): string {
  if (config.body === undefined) return "";
  const bytes = readDataSource(config.body, report);
  if (bytes.length > maxBody) {
    const message = `the body has ${bytes.length} bytes, the most allowed is ${maxBody} (max_direct_response_body_size_bytes)`;
    report({
      about: config.body,
      key: "",
      code: "too_large",
      message,
      found: String(bytes.length),
      wanted: `at most ${maxBody}`,
    });
  }
  return new TextDecoder().decode(bytes);
}

/** What a `DataSource` holds; empty after a mistake, which is reported. */
export function readDataSource(source: DataSource, report: Report): Uint8Array {
  if (source.inlineString !== undefined) return new TextEncoder().encode(source.inlineString);
  if (source.inlineBytes !== undefined) return source.inlineBytes;
  if (source.filename !== undefined) {
    try {
      return readFileSync(source.filename);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      report({
        about: source,
        key: "filename",
        code: "invalid_value",
        message: `cannot be read: ${reason}`,
        found: source.filename,
        wanted: "a readable file",
      });
    }
  }
  if (source.environmentVariable !== undefined) {
    const value = process.env[source.environmentVariable];
    if (value !== undefined) return new TextEncoder().encode(value);
    const found = source.environmentVariable;
    report({
      about: source,
      key: "environmentVariable",
      code: "invalid_value",
      message: `there is no environment variable ${found}`,
      found,
    });
  }
  return new Uint8Array(0);
}
