/** A request to the admin port. */
export interface AdminRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Decoded; the first value of a name counts. A name without "=" has the value "". */
  readonly query: ReadonlyMap<string, string>;
  /** Of a POST: form encoded parameters or JSON, one character for each byte; "" when there is none. */
  readonly body: string;
}

/** What is answered. */
export interface AdminResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export const TEXT = "text/plain; charset=UTF-8";
export const JSON_TYPE = "application/json";
export const HTML = "text/html; charset=UTF-8";

/** A text answer, 200 unless said otherwise. */
export function text(body: string, status = 200): AdminResponse {
  return { status, contentType: TEXT, body };
}

/** A JSON answer, indented by one blank as Envoy's. */
export function json(value: unknown): AdminResponse {
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify(value, null, 1) + "\n" };
}

/** Takes a request's target apart. Bad escapes stay as they are. */
export function parseTarget(method: string, target: string, body = ""): AdminRequest {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return { method, path, query: parseQuery(mark < 0 ? "" : target.slice(mark + 1)), body };
}

/** `a=1&b`, form encoded. */
export function parseQuery(query: string): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (!out.has(name)) out.set(name, equals < 0 ? "" : decode(pair.slice(equals + 1)));
  }
  return out;
}

function decode(part: string): string {
  const plain = part.replaceAll("+", " ");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
