/** What is to be done with a path. */
export type PathResult =
  { readonly kind: "same" } | { readonly kind: "changed"; readonly path: string } | { readonly kind: "rejected" };

const SAME: PathResult = { kind: "same" };
const REJECTED: PathResult = { kind: "rejected" };

const UNRESERVED = new Uint8Array(128);
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") UNRESERVED[c.charCodeAt(0)] = 1;

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Where the path proper ends: at the query. (A fragment never gets past the codec.) */
function pathEnd(target: string): number {
  const q = target.indexOf("?");
  return q < 0 ? target.length : q;
}

/** `%2F`, `%2f`, `%5C`, `%5c` -> `/`, `\`. */
export function unescapeSlashes(target: string): PathResult {
  const end = pathEnd(target);
  const path = target.slice(0, end);
  if (!/%(2f|5c)/i.test(path)) return SAME;
  return { kind: "changed", path: path.replace(/%2f/gi, "/").replace(/%5c/gi, "\\") + target.slice(end) };
}

/** `//` -> `/`, in the path only. Envoy: merge_slashes. */
export function mergeSlashes(target: string): PathResult {
  const end = pathEnd(target);
  if (target.indexOf("//") < 0 || target.indexOf("//") >= end) return SAME;
  return { kind: "changed", path: target.slice(0, end).replace(/\/{2,}/g, "/") + target.slice(end) };
}

/**
 * Normalizes as RFC 3986 section 6 says and Envoy's `normalize_path` does: percent-encoded unreserved characters are decoded, backslashes become slashes,
 * dot segments are resolved (also when their dots are encoded). An encoded NUL rejects the request.
 */
export function normalizePath(target: string): PathResult {
  if (target.charCodeAt(0) !== 47) return target === "*" || target === "" ? SAME : REJECTED;
  const end = pathEnd(target);
  let decoded = "";
  let from = 0;
  let dots = false;
  for (let i = 0; i < end; i++) {
    const c = target.charCodeAt(i);
    if (c === 92) {
      decoded += target.slice(from, i) + "/";
      from = i + 1;
    } else if (c === 37) {
      const hi = i + 1 < end ? hexValue(target.charCodeAt(i + 1)) : -1;
      const lo = i + 2 < end ? hexValue(target.charCodeAt(i + 2)) : -1;
      // Not an escape after all: it stays as it is, as in Envoy.
      if (hi < 0 || lo < 0) continue;
      const value = hi * 16 + lo;
      if (value === 0) return REJECTED;
      if (value < 128 && UNRESERVED[value] === 1) {
        decoded += target.slice(from, i) + String.fromCharCode(value);
        from = i + 3;
        if (value === 46) dots = true;
      }
      i += 2;
    } else if (c === 46) dots = true;
  }
  let path = from === 0 ? target.slice(0, end) : decoded + target.slice(from, end);
  if (dots && (path.includes("/.") || path.endsWith("."))) path = resolveDots(path);
  return path.length === end && target.startsWith(path) ? SAME : { kind: "changed", path: path + target.slice(end) };
}

/** RFC 3986 section 5.2.4, without its input buffer: segments on a stack. */
function resolveDots(path: string): string {
  const out: string[] = [];
  const segments = path.split("/");
  const last = segments.length - 1;
  for (let i = 1; i <= last; i++) {
    const segment = segments[i];
    if (segment === ".") {
      if (i === last) out.push("");
    } else if (segment === "..") {
      out.pop();
      if (i === last) out.push("");
    } else out.push(segment);
  }
  return "/" + out.join("/");
}
