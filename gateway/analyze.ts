import { analyzeText } from "../core/resources/analyze/index.ts";
import { formatErrors, type ResourceError } from "../core/resources/schema/index.ts";
import { ReadError } from "./read-text.ts";
import { allFilters } from "./filters.ts";
import { compileWhatReads } from "./compile-what-reads.ts";
import { Gateway } from "./gateway.ts";

/** What was read of one file. */
export interface FileContent {
  readonly file: string;
  readonly text: string | Error;
}

/** Prints every mistake in the files. The exit code: 1 when there is an error among them. Nothing is started and no address is bound. */
export async function analyzeFiles(
  files: readonly FileContent[],
  options: { readonly json: boolean; readonly allowUnsupported: boolean },
): Promise<number> {
  const errors: ResourceError[] = [];
  for (const { file, text } of files) {
    if (text instanceof Error) {
      errors.push({
        file,
        line: 0,
        column: 0,
        path: "",
        severity: "error",
        code: "syntax",
        found: "",
        wanted: "",
        message: text instanceof ReadError ? text.reason : text.message,
      });
      continue;
    }
    const found = analyzeText(text, { file, allowUnsupported: options.allowUnsupported });
    // What only building finds: plugins and their schemas, regular expressions, formats. It needs resources that read well.
    const built = found.some((e) => e.severity === "error")
      ? compileWhatReads(text, { file, allowUnsupported: options.allowUnsupported })
      : await Gateway.check({ file, text, filters: allFilters, allowUnsupported: options.allowUnsupported, logLevel: "off" });
    const key = (e: ResourceError): string => `${e.line}:${e.column}:${e.path}:${e.message}`;
    const known = new Set(found.map(key));
    errors.push(...found, ...built.filter((e) => !known.has(key(e))));
  }
  const failures = errors.filter((e) => e.severity === "error").length;
  if (options.json) process.stdout.write(JSON.stringify(errors, null, 2) + "\n");
  else {
    if (errors.length > 0) process.stdout.write(formatErrors(errors) + "\n");
    const warnings = errors.length - failures;
    process.stderr.write(
      `${failures} ${failures === 1 ? "error" : "errors"}, ${warnings} ${warnings === 1 ? "warning" : "warnings"}\n`,
    );
  }
  return failures > 0 ? 1 : 0;
}
