/**
 * What a field means to HTTP/2 itself, worked out once for each entry of a table, so that a field which comes by index costs no comparison of
 * strings. Plain constants, so that a `switch` on them costs a jump.
 */

/** Passed on as it is. */
export const KIND_OTHER = 0;
export const KIND_METHOD = 1;
export const KIND_SCHEME = 2;
export const KIND_AUTHORITY = 3;
export const KIND_PATH = 4;
export const KIND_STATUS = 5;
/** RFC 8441. */
export const KIND_PROTOCOL = 6;
/** A pseudo-header that nobody defined. */
export const KIND_UNKNOWN_PSEUDO = 7;
export const KIND_HOST = 8;
export const KIND_CONTENT_LENGTH = 9;
/** May come in pieces, which belong together (RFC 9113 section 8.2.3). */
export const KIND_COOKIE = 10;
/** Only `trailers` is allowed. */
export const KIND_TE = 11;
/** Of a connection of HTTP/1.1: makes a message malformed (RFC 9113 section 8.2.2). */
export const KIND_CONNECTION = 12;
export const KIND_EXPECT = 13;
/** A name that is empty or holds what no name may, upper case included. */
export const KIND_BAD_NAME = 14;
/** A value with control characters, or with blanks around it. */
export const KIND_BAD_VALUE = 15;

const BY_NAME: ReadonlyMap<string, number> = new Map([
  [":method", KIND_METHOD],
  [":scheme", KIND_SCHEME],
  [":authority", KIND_AUTHORITY],
  [":path", KIND_PATH],
  [":status", KIND_STATUS],
  [":protocol", KIND_PROTOCOL],
  ["host", KIND_HOST],
  ["content-length", KIND_CONTENT_LENGTH],
  ["cookie", KIND_COOKIE],
  ["te", KIND_TE],
  ["connection", KIND_CONNECTION],
  ["proxy-connection", KIND_CONNECTION],
  ["keep-alive", KIND_CONNECTION],
  ["transfer-encoding", KIND_CONNECTION],
  ["upgrade", KIND_CONNECTION],
  ["expect", KIND_EXPECT],
]);

const TOKEN = table("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");

function table(characters: string): Uint8Array {
  const classes = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)] = 1;
  return classes;
}

/** The kind by name alone. Names are lower case and tokens, behind a colon for pseudo-headers (RFC 9113 section 8.2.1). */
export function kindOfName(name: string): number {
  const kind = BY_NAME.get(name);
  if (kind !== undefined) return kind;
  if (name.length === 0) return KIND_BAD_NAME;
  if (name.charCodeAt(0) === 58) return KIND_UNKNOWN_PSEUDO;
  for (let i = 0; i < name.length; i++) if (TOKEN[name.charCodeAt(i)] !== 1) return KIND_BAD_NAME;
  return KIND_OTHER;
}

/** The kind of a field: what its name says, unless its value is one that no field may have (RFC 9113 section 8.2.1). */
export function kindOfField(nameKind: number, value: string): number {
  const length = value.length;
  for (let i = 0; i < length; i++) {
    const c = value.charCodeAt(i);
    if (c < 32 ? c !== 9 : c === 127 || c > 255) return nameKind === KIND_BAD_NAME ? nameKind : KIND_BAD_VALUE;
  }
  if (length > 0 && (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1)))) {
    return nameKind === KIND_BAD_NAME ? nameKind : KIND_BAD_VALUE;
  }
  return nameKind;
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}
