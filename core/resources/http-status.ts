import type { Infer } from "./schema/index.ts";
import { enumOf, message } from "./schema/index.ts";

const CODES = [
  ["Empty", 0],
  ["Continue", 100],
  ["OK", 200],
  ["Created", 201],
  ["Accepted", 202],
  ["NonAuthoritativeInformation", 203],
  ["NoContent", 204],
  ["ResetContent", 205],
  ["PartialContent", 206],
  ["MultiStatus", 207],
  ["AlreadyReported", 208],
  ["IMUsed", 226],
  ["MultipleChoices", 300],
  ["MovedPermanently", 301],
  ["Found", 302],
  ["SeeOther", 303],
  ["NotModified", 304],
  ["UseProxy", 305],
  ["TemporaryRedirect", 307],
  ["PermanentRedirect", 308],
  ["BadRequest", 400],
  ["Unauthorized", 401],
  ["PaymentRequired", 402],
  ["Forbidden", 403],
  ["NotFound", 404],
  ["MethodNotAllowed", 405],
  ["NotAcceptable", 406],
  ["ProxyAuthenticationRequired", 407],
  ["RequestTimeout", 408],
  ["Conflict", 409],
  ["Gone", 410],
  ["LengthRequired", 411],
  ["PreconditionFailed", 412],
  ["PayloadTooLarge", 413],
  ["URITooLong", 414],
  ["UnsupportedMediaType", 415],
  ["RangeNotSatisfiable", 416],
  ["ExpectationFailed", 417],
  ["MisdirectedRequest", 421],
  ["UnprocessableEntity", 422],
  ["Locked", 423],
  ["FailedDependency", 424],
  ["UpgradeRequired", 426],
  ["PreconditionRequired", 428],
  ["TooManyRequests", 429],
  ["RequestHeaderFieldsTooLarge", 431],
  ["InternalServerError", 500],
  ["NotImplemented", 501],
  ["BadGateway", 502],
  ["ServiceUnavailable", 503],
  ["GatewayTimeout", 504],
  ["HTTPVersionNotSupported", 505],
  ["VariantAlsoNegotiates", 506],
  ["InsufficientStorage", 507],
  ["LoopDetected", 508],
  ["NotExtended", 510],
  ["NetworkAuthenticationRequired", 511],
] as const;

const BY_NAME: ReadonlyMap<string, number> = new Map(CODES);

/** A status by Envoy's name of it, or by its number. */
export const HttpStatus = message(
  "envoy.type.v3.HttpStatus",
  {
    code: enumOf(
      CODES.map(([name]) => name),
      { numbers: CODES.map(([, number]) => number), required: true },
    ),
  },
  {
    check({ code }, complain) {
      if (code === "Empty") complain("found Empty, wanted a status", "code");
    },
  },
);
export type HttpStatus = Infer<typeof HttpStatus>;

/** The number of a status. */
export function statusNumber(status: HttpStatus): number {
  return BY_NAME.get(status.code) ?? 0;
}
