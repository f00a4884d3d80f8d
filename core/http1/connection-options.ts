import { quoteText } from "./http1-error.ts";
import type { Http1ErrorCode } from "./http1-error.ts";
import { hasToken } from "./token-list.ts";

/** Envoy answers 400 to a Connection of ten options or more. */
const MAX_OPTIONS = 10;

/**
 * What a message's Connection fields ask for (RFC 9110 section 7.6.1), and the removal of the fields they name from `list`.
 *
 * What a client may have removed is decided as in Envoy, whose rules keep it from hiding who it is: naming `x-forwarded-for`,
 * `-host` or `-proto` is refused, so is naming `host`, so are ten options and more; every other field named goes, `cookie` and
 * `authorization` too, before any filter sees them. `content-length` stays: removing it would have the body framed anew by what
 * the peer wished. `te` has been cut down to `trailers` already. An upstream's response is not refused: what it names goes.
 */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Why the message is refused; null if it isn't. */
  readonly code: Http1ErrorCode | null;
  readonly message: string;
}

const NONE: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, code: null, message: "" };
const CLOSE: ConnectionOptions = { ...NONE, close: true };
const KEEP_ALIVE: ConnectionOptions = { ...NONE, keepAlive: true };
const UPGRADE: ConnectionOptions = { ...NONE, upgrade: true };

/** Reads the joined Connection fields; nearly always one of a few words, which cost a comparison. */
export function connectionOptions(value: string, list: string[], request: boolean): ConnectionOptions {
  switch (value) {
    case "":
      return NONE;
    case "keep-alive":
    case "Keep-Alive":
      return KEEP_ALIVE;
    case "close":
    case "Close":
      return CLOSE;
    case "Upgrade":
    case "upgrade":
      return UPGRADE;
    default:
      return namedOptions(value.toLowerCase(), list, request);
  }
}

function namedOptions(value: string, list: string[], request: boolean): ConnectionOptions {
  const options = value.split(",");
  if (request && options.length >= MAX_OPTIONS) {
    return refuse(`${options.length} options in Connection; fewer than ${MAX_OPTIONS} are wanted`);
  }
  for (const option of options) {
    const name = option.trim();
    switch (name) {
      case "":
      case "close":
      case "keep-alive":
      case "upgrade":
      case "te":
      case "content-length":
        break;
      case "host":
      case "x-forwarded-for":
      case "x-forwarded-host":
      case "x-forwarded-proto":
        if (request) return refuse(`Connection names ${quoteText(name)}, which isn't the client's to remove`);
        removeField(list, name);
        break;
      default:
        removeField(list, name);
    }
  }
  return {
    close: hasToken(value, "close"),
    keepAlive: hasToken(value, "keep-alive"),
    upgrade: hasToken(value, "upgrade"),
    code: null,
    message: "",
  };
}

function refuse(message: string): ConnectionOptions {
  return { close: true, keepAlive: false, upgrade: false, code: "http1.connection_header_rejected", message };
}

/** Takes every field of that name out of a flat list, in place. */
export function removeField(list: string[], name: string): void {
  let kept = 0;
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === name) continue;
    list[kept] = list[i];
    list[kept + 1] = list[i + 1];
    kept += 2;
  }
  list.length = kept;
}
