import { compileFormat, type Formatter, ConstantFormatter } from "../../../core/format/compile-format.ts";
import { FormatError } from "../../../core/format/format-error.ts";
import type { FormatOptions } from "../../../core/format/operator.ts";
import type { Report } from "../../../core/match/problem.ts";

/** Compiles a text with `%...%` substitutions, absent values being "". A mistake is reported at a field of `about`; the text is then "". */
export function compileText(text: string, about: object, key: string, report: Report, options: FormatOptions = {}): Formatter {
  try {
    return compileFormat(text, { omitEmptyValues: true, ...options });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    report({
      about,
      key,
      code: error.unsupported ? "unsupported_value" : "invalid_value",
      message: error.message,
      found: text,
      wanted: "text with %COMMAND% substitutions",
    });
    return new ConstantFormatter("");
  }
}
