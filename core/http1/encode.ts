/** The reasons of the registered statuses, as Envoy writes them. */
const REASONS: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  102: "Processing",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  208: "Already Reported",
  226: "IM Used",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  305: "Use Proxy",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Payload Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  418: "I'm a teapot",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  506: "Variant Also Negotiates",
  507: "Insufficient Storage",
  508: "Loop Detected",
  510: "Not Extended",
  511: "Network Authentication Required",
};

const STATUS_LINES: string[] = [];
for (let status = 0; status < 600; status++) STATUS_LINES.push(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`);

/** The reason phrase registered for a status; "" if there is none. */
export function reasonPhrase(status: number): string {
  return REASONS[status] ?? "";
}

/**
 * A request's head as a latin1 string, the empty line included. `list` is flat `[name, value, ...]` and holds no Host; `extra` is
 * finished lines, each with its CRLF, such as `"transfer-encoding: chunked\r\n"`. Nothing is checked here: names and values come
 * from a parser or from `HeaderMap`, which take none that could end a line.
 */
export function encodeRequestHead(method: string, target: string, host: string, list: readonly string[], extra: string): string {
  let head = method + " " + target + " HTTP/1.1\r\nhost: " + host + "\r\n";
  for (let i = 0; i < list.length; i += 2) head += list[i] + ": " + list[i + 1] + "\r\n";
  return head + extra + "\r\n";
}

/**
 * A response's head as a latin1 string, the empty line included; `extra` as for requests. An empty reason stands for the
 * registered one. `http10` answers in HTTP/1.0, as Envoy does to such a client.
 */
export function encodeResponseHead(
  status: number,
  reason: string,
  list: readonly string[],
  extra: string,
  http10: boolean,
): string {
  let head: string;
  if (!http10 && reason === "" && status < 600) head = STATUS_LINES[status];
  else head = (http10 ? "HTTP/1.0 " : "HTTP/1.1 ") + status + " " + (reason === "" ? reasonPhrase(status) : reason) + "\r\n";
  for (let i = 0; i < list.length; i += 2) head += list[i] + ": " + list[i + 1] + "\r\n";
  return head + extra + "\r\n";
}

/** What goes before a chunk of `size` bytes, which is more than 0; `CHUNK_END` goes behind it (RFC 9112 section 7.1). */
export function chunkPrefix(size: number): string {
  return size.toString(16) + "\r\n";
}

/** What goes behind a chunk's data. */
export const CHUNK_END = "\r\n";

/** The end of a chunked body without trailers. */
export const LAST_CHUNK = "0\r\n\r\n";

/** The end of a chunked body with trailers, in place of `LAST_CHUNK`. */
export function encodeTrailers(list: readonly string[]): string {
  let text = "0\r\n";
  for (let i = 0; i < list.length; i += 2) text += list[i] + ": " + list[i + 1] + "\r\n";
  return text + "\r\n";
}
