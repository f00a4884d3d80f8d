import type { Json } from "../lib/bootstrap.ts";

/** The package of Envoy's HTTP filters. */
export const FILTER = "envoy.extensions.filters.http";

/** A direct response with a text. */
export const direct = (body: string, status = 200): Json => ({ status, body: { inline_string: body } });
/** A `HeaderValueOption`. */
export const header = (key: string, value: string, append?: string): Json => ({
  header: { key, value },
  ...(append === undefined ? {} : { append_action: append }),
});
/** A string match on the whole value. */
export const exact = (value: string): Json => ({ string_match: { exact: value } });
/** A `RegexMatcher`. */
export const regex = (value: string): Json => ({ regex: value });
/** A route to cluster a. */
export const to = (match: Json, action: Json = {}, rest: Json = {}): Json => ({
  match,
  route: { cluster: "a", ...action },
  ...rest,
});
