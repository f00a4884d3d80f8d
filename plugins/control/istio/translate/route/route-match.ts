import type { HTTPMatchRequest, StringMatch } from "../../schema/virtual-service.ts";
import type { Json } from "../json.ts";

/** `RouteMatch` of a match, or of none. Undefined: it asks for what is never there, so it matches nothing. Istio: `TranslateRouteMatch`. */
export function routeMatch(match: HTTPMatchRequest | undefined): Json | undefined {
  if (match === undefined) return { prefix: "/" };
  const names = [...Object.keys(match.headers), ...Object.keys(match.withoutHeaders)];
  if (names.some((name) => isClaim(name))) return undefined;
  const headers: Json[] = [];
  for (const [name, test] of Object.entries(match.headers)) headers.push(headerMatcher(name, test));
  for (const [name, test] of Object.entries(match.withoutHeaders)) {
    const matcher = headerMatcher(name, test);
    // A header that is not there has not the value either.
    headers.push({ ...matcher, invert_match: true, ...(isPresence(test) ? {} : { treat_missing_header_as_empty: true }) });
  }
  headers.sort((a, b) => compare(a.name as string, b.name as string));
  if (match.method !== undefined) headers.push(headerMatcher(":method", match.method));
  if (match.authority !== undefined) headers.push(headerMatcher(":authority", match.authority));
  if (match.scheme !== undefined) headers.push(headerMatcher(":scheme", match.scheme));
  const query = Object.entries(match.queryParams).map(([name, test]): Json => {
    return isPresence(test) ? { name, present_match: true } : { name, string_match: stringMatcher(test) };
  });
  return {
    ...pathMatch(match.uri),
    case_sensitive: !match.ignoreUriCase,
    ...(headers.length === 0 ? {} : { headers }),
    ...(query.length === 0 ? {} : { query_parameters: query }),
  };
}

/** Whether a route matches every request: those behind it are never reached. Istio: `IsCatchAllRoute`. */
export function isCatchAll(route: Json): boolean {
  const match = route.match as Json;
  if (match.headers !== undefined || match.query_parameters !== undefined) return false;
  return match.prefix === "/" || (match.safe_regex as { readonly regex: string } | undefined)?.regex === ".*";
}

/** A test of a claim of a token, which looks like a header. */
export function isClaim(name: string): boolean {
  return name.startsWith("@request.auth.claims");
}

function pathMatch(uri: StringMatch | undefined): Json {
  if (uri?.exact !== undefined) return { path: uri.exact };
  if (uri?.prefix !== undefined) return { prefix: uri.prefix };
  if (uri?.regex !== undefined) return { safe_regex: { regex: uri.regex } };
  return { prefix: "/" };
}

function headerMatcher(name: string, test: StringMatch): Json {
  return isPresence(test) ? { name, present_match: true } : { name, string_match: stringMatcher(test) };
}

/** Whether only presence is asked for. `*` as an expression means that as well. */
function isPresence(test: StringMatch): boolean {
  if (test.exact !== undefined) return false;
  // Every value begins with nothing.
  if (test.prefix !== undefined) return test.prefix === "";
  return test.regex === undefined || test.regex === "" || test.regex === "*";
}

/** `StringMatcher` of a match that has a value. */
export function stringMatcher(test: StringMatch): Json {
  if (test.exact !== undefined) return { exact: test.exact };
  if (test.prefix !== undefined) return { prefix: test.prefix };
  return { safe_regex: { regex: test.regex ?? "" } };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
