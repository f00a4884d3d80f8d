/**
 * The headers of one message, and its pseudo-headers.
 *
 * The list is flat, `[name, value, name, value, ...]`, in the order of arrival, names in lower case. Reading it directly is
 * the cheapest way to look at all headers; change it only through the methods, which keep names and values valid.
 * HTTP/1.1's `Host` and HTTP/2's `:authority` are both `authority`; the list never holds a `host`.
 * Names that start with a colon (`:path`, `:method`, `:authority`, `:scheme`, `:status`) read and write the pseudo-headers.
 */
export interface HeaderMap {
  readonly list: readonly string[];
  /** Requests: the method as sent. Responses: "". */
  method: string;
  /** Requests: path and query, origin form. "" for CONNECT; "*" for `OPTIONS *`. */
  path: string;
  /** Requests: host and, if any, port. */
  authority: string;
  /** Requests: "http" or "https". */
  scheme: string;
  /** Responses: 100..599. Requests and trailers: 0. */
  status: number;

  /** The first value, or undefined. `name` must be lower case. */
  get(name: string): string | undefined;
  /** All values, in order. */
  getAll(name: string): string[];
  /** All values joined by a comma, as RFC 9110 section 5.3 permits; undefined if there is none. */
  getJoined(name: string): string | undefined;
  has(name: string): boolean;
  /** Replaces all values. Throws a TypeError for an invalid name or value (CR, LF, NUL, ...). */
  set(name: string, value: string): void;
  /** Adds a value after those that are there. Throws as `set` does. */
  append(name: string, value: string): void;
  /** Removes all values; says whether there were any. */
  remove(name: string): boolean;
  /** Removes every header whose name starts with the prefix; says how many. */
  removePrefix(prefix: string): number;
  /** Sum of the lengths of names and values, in bytes, plus four for each (colon, space, CR, LF), pseudo-headers included. */
  byteSize(): number;
}
