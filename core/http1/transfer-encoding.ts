import type { Http1ErrorCode } from "./http1-error.ts";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/**
 * Whether the joined Transfer-Encoding fields say `chunked` and nothing else: null if so, else the mistake. Only that coding is
 * understood, as in Envoy; the others of RFC 9112 section 7.2 are seen nowhere and would have to be undone to be read.
 */
export function transferEncodingMistake(value: string): Http1ErrorCode | null {
  if (value === "chunked") return null;
  const codings = value.toLowerCase().split(",");
  for (let i = 0; i < codings.length; i++) {
    const coding = codings[i].trim();
    const last = i === codings.length - 1;
    if (!TOKEN.test(coding) || (coding === "chunked") !== last) return "http1.invalid_transfer_encoding";
  }
  return codings.length === 1 ? null : "http1.unsupported_transfer_encoding";
}
