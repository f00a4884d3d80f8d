import type { HttpFilter } from "../../core/contract/filter.ts";
import type { HttpStream, Stop } from "../../core/contract/stream.ts";
import { parseTarget } from "./admin-request.ts";
import type { AdminResponse } from "./admin-request.ts";
import type { AdminContext } from "./context.ts";
import { handleAdmin } from "./handle-admin.ts";

/** Pages must not be kept, nor taken for something else than they say. */
const HEADERS: readonly string[] = ["cache-control", "no-cache, max-age=0", "x-content-type-options", "nosniff"];

/** Bytes of a POST's body that are read: parameters of a form, or JSON. More is answered 413 where the filter is declared. */
export const ADMIN_BODY_LIMIT = 65_536;

/** What a request to the admin port has said so far. */
interface AdminState {
  body: string;
}

/** The terminal filter of the admin listener: answers every request itself, in one piece. */
export function adminFilter(context: AdminContext): HttpFilter<AdminState> {
  return {
    createState: () => ({ body: "" }),
    onRequestHeaders(stream, headers, end) {
      // A form's parameters, and JSON, are only in the body; with none there is nothing to wait for.
      if (!end && headers.method === "POST" && hasBody(headers.get("content-type"))) return undefined;
      return answer(stream, context, "");
    },
    onRequestBody(stream, chunk, end, state) {
      if (state.body.length + chunk.length > ADMIN_BODY_LIMIT) return stream.reply(413, { details: "admin_body_too_large" });
      state.body += Buffer.from(chunk).toString("latin1");
      return end ? answer(stream, context, state.body) : new Uint8Array(0);
    },
    onRequestTrailers(stream, _, state) {
      return answer(stream, context, state.body);
    },
  };
}

function hasBody(contentType = ""): boolean {
  return contentType.startsWith("application/x-www-form-urlencoded") || contentType.startsWith("application/json");
}

function answer(stream: HttpStream, context: AdminContext, body: string): Stop | Promise<Stop> {
  const waiting = context.refresh?.();
  return waiting === undefined ? answerNow(stream, context, body) : waiting.then(() => answerNow(stream, context, body));
}

function answerNow(stream: HttpStream, context: AdminContext, body: string): Stop {
  const { method, path } = stream.request;
  let response: AdminResponse;
  try {
    response = handleAdmin(parseTarget(method, path, body), context);
    if (method === "POST" && response.status === 200) context.forward?.(method, path, body);
  } catch (error) {
    // A page is no data path: it may fail for reasons of its own, which whoever asked should see.
    const message = error instanceof Error ? error.message : String(error);
    context.log.error(`admin page ${path}: ${message}`);
    response = { status: 500, contentType: "text/plain; charset=UTF-8", body: message + "\n" };
  }
  return stream.reply(response.status, {
    body: response.body,
    contentType: response.contentType,
    headers: HEADERS,
    details: "admin_filter_response",
  });
}
