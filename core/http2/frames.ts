/** Frame types. Source: RFC 9113 section 6. */
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Of DATA and HEADERS. */
export const END_STREAM = 0x1;
/** Of SETTINGS and PING. */
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const HAS_PRIORITY = 0x20;

/** Octets before a frame's payload. */
export const FRAME_HEADER = 9;
/** What a peer may send that was told nothing else, and what we take: larger frames only delay others. */
export const DEFAULT_FRAME_SIZE = 16_384;
/** The largest `SETTINGS_MAX_FRAME_SIZE`. */
export const LARGEST_FRAME_SIZE = 16_777_215;
/** A stream's window that was told nothing else, and the connection's at its start. */
export const DEFAULT_WINDOW = 65_535;
export const LARGEST_WINDOW = 2_147_483_647;

/** Settings. Source: RFC 9113 section 6.5.2, RFC 8441 section 3. */
export const HEADER_TABLE_SIZE = 1;
export const ENABLE_PUSH = 2;
export const MAX_CONCURRENT_STREAMS = 3;
export const INITIAL_WINDOW_SIZE = 4;
export const MAX_FRAME_SIZE = 5;
export const MAX_HEADER_LIST_SIZE = 6;
export const ENABLE_CONNECT_PROTOCOL = 8;

/** What a client sends first, before its SETTINGS. Source: RFC 9113 section 3.4. */
export const CONNECTION_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
