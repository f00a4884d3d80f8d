/** The static table: `NAME` or `NAME: VALUE`, the first is index 1. Source: RFC 7541 Appendix A. */
const ENTRIES: readonly (readonly [name: string, value: string])[] = [
  [":authority", ""],
  ...values(":method", "GET", "POST"),
  ...values(":path", "/", "/index.html"),
  ...values(":scheme", "http", "https"),
  ...values(":status", "200", "204", "206", "304", "400", "404", "500"),
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ...names("accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control"),
  ...names("content-disposition content-encoding content-language content-length content-location content-range content-type"),
  ...names("cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since"),
  ...names("last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after"),
  ...names("server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate"),
];

function values(name: string, ...all: string[]): [string, string][] {
  return all.map((value) => [name, value]);
}

function names(list: string): [string, string][] {
  return list.split(" ").map((name) => [name, ""]);
}

/** Entries of the static table. */
export const STATIC_SIZE = 61;
/** By index; index 0 is none. */
export const STATIC_NAMES: readonly string[] = ["", ...ENTRIES.map(([name]) => name)];
/** By index; "" where the table has only the name. */
export const STATIC_VALUES: readonly string[] = ["", ...ENTRIES.map(([, value]) => value)];
