/** Where a parser stands. Plain constants, so that a `switch` on them costs a jump. */

/** Before or in the start line. */
export const STATE_START = 0;
/** In the header fields. */
export const STATE_FIELDS = 1;
/** In a body of `remaining` bytes more. */
export const STATE_LENGTH = 2;
/** In a body that ends with the connection. */
export const STATE_UNTIL_CLOSE = 3;
/** No framing from here on. */
export const STATE_TUNNEL = 4;
export const STATE_CHUNK_LINE = 5;
/** In a chunk of `remaining` bytes more. */
export const STATE_CHUNK_DATA = 6;
/** Before the CR, or the LF, that ends a chunk. */
export const STATE_CHUNK_CR = 7;
export const STATE_CHUNK_LF = 8;
export const STATE_TRAILERS = 9;
/** The message is whole, `onComplete()` still to be called. */
export const STATE_END = 10;
/** Between messages: nothing is read until the owner asks for the next. */
export const STATE_DONE = 11;
/** After a 1xx head: its fields are shown until the next head begins. */
export const STATE_INTERIM = 12;
