import { compileFormat } from "../../../../core/format/compile-format.ts";
import { FormatError } from "../../../../core/format/format-error.ts";
import type { Headers, HeaderOperations } from "../schema/virtual-service.ts";
import type { Path, Report } from "./report.ts";

// RFC 9110 section 5.1.
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PSEUDO: ReadonlySet<string> = new Set([":method", ":scheme", ":authority", ":path", ":status"]);

/** The name of a header to compare, pseudo-headers among them. Istio: `ValidateHTTPHeaderNameOrJwtClaimRoute`. */
export function matchedHeaderProblem(name: string): string | undefined {
  return NAME.test(name) || PSEUDO.has(name) ? undefined : wantedName(name);
}

/** The name of a header of CORS; `*` is all. */
export function corsHeaderProblem(name: string): string | undefined {
  return NAME.test(name) ? undefined : wantedName(name);
}

function wantedName(name: string): string {
  return `found "${name}", wanted the name of a header`;
}

// Control characters but the tab would split or truncate a message.
const CONTROL = /[\0-\x08\n-\x1f\x7f]/;

/** A value with `%...%` substitutions. */
function headerValueProblem(value: string): string | undefined {
  if (CONTROL.test(value)) return `found ${JSON.stringify(value)}, wanted a header value without control characters`;
  if (!value.includes("%")) return undefined;
  try {
    compileFormat(value, { omitEmptyValues: true });
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  return undefined;
}

/** Istio: the header operations of `validateHTTPRoute`. `at` owns the field `headers`. */
export function checkHeaders(report: Report, at: object, headers: Headers | undefined): void {
  if (headers === undefined) return;
  checkOperations(report, at, ["headers", "request"], headers.request, true);
  checkOperations(report, at, ["headers", "response"], headers.response, false);
}

function checkOperations(report: Report, at: object, path: Path, operations: HeaderOperations, request: boolean): void {
  for (const field of ["set", "add"] as const) {
    const values = operations[field];
    for (const name of Object.keys(values)) {
      const problem = changedHeaderProblem(name, request);
      if (problem !== undefined) report.keyError(at, [...path, field], name, problem);
      const value = headerValueProblem(values[name]);
      if (value !== undefined) report.error(at, [...path, field, name], value);
    }
  }
  operations.remove.forEach((name, index) => {
    const problem = changedHeaderProblem(name, false);
    if (problem !== undefined) report.error(at, [...path, "remove", index], problem);
  });
}

/** Only the Host of a request may be changed among what is not a plain header. */
function changedHeaderProblem(name: string, request: boolean): string | undefined {
  if (isAuthority(name)) return request ? undefined : `found "${name}": the Host can only be set, and only of the request`;
  if (name.startsWith(":")) return `found "${name}": pseudo-headers can't be changed here`;
  return NAME.test(name) ? undefined : wantedName(name);
}

/** Whether a header of the request is the Host. */
export function isAuthority(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === ":authority" || lower === "host";
}
