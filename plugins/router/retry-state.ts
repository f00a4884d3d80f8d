import type { ResetReason } from "../../core/contract/error.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";

/** Conditions of `retry_on`, as bits. Source: Envoy, "x-envoy-retry-on". */
export const RetryOn = {
  "5xx": 1,
  "gateway-error": 2,
  reset: 4,
  "connect-failure": 8,
  "retriable-4xx": 16,
  "refused-stream": 32,
  "retriable-status-codes": 64,
  "retriable-headers": 128,
  "envoy-ratelimited": 256,
  "reset-before-request": 512,
  cancelled: 1 << 16,
  "deadline-exceeded": 1 << 17,
  "resource-exhausted": 1 << 18,
  unavailable: 1 << 19,
  internal: 1 << 20,
} as const;

/** gRPC status -> the bit that retries it. Source: Envoy, "x-envoy-retry-grpc-on": response headers only, not trailers. */
const GRPC_BITS: Readonly<Record<string, number>> = {
  "1": RetryOn.cancelled,
  "4": RetryOn["deadline-exceeded"],
  "8": RetryOn["resource-exhausted"],
  "13": RetryOn.internal,
  "14": RetryOn.unavailable,
};
const ANY_GRPC =
  RetryOn.cancelled | RetryOn["deadline-exceeded"] | RetryOn["resource-exhausted"] | RetryOn.internal | RetryOn.unavailable;

const BITS: Readonly<Record<string, number>> = RetryOn;

/** Bits of a comma-separated list; names that are not known are ignored, as Envoy does. */
export function parseRetryOn(text: string): number {
  let bits = 0;
  for (const name of text.split(",")) bits |= BITS[name.trim()] ?? 0;
  return bits;
}

/** What one retry policy asks for, compiled. */
export interface RetryPolicyView {
  /** Bits of RetryOn. */
  readonly on: number;
  readonly numRetries: number;
  readonly retriableStatusCodes: readonly number[];
  /** Whether a response's headers make it retriable (`retriable_headers`). */
  readonly retriableHeaders: readonly { match(headers: HeaderMap): boolean }[];
  /** Which requests may be retried at all; empty: every one. */
  readonly retriableRequestHeaders: readonly { match(headers: HeaderMap): boolean }[];
  /** ms. Default 25, and ten times that. */
  readonly baseInterval: number;
  readonly maxInterval: number;
  readonly avoidPreviousHosts: boolean;
  readonly hostSelectionMaxAttempts: number;
}

/** Whether a response is one that the policy retries. */
export function retriableResponse(policy: RetryPolicyView | undefined, on: number, headers: HeaderMap): boolean {
  const status = headers.status;
  if ((on & RetryOn["5xx"]) !== 0 && status >= 500 && status < 600) {
    return !rateLimited(headers);
  }
  if ((on & RetryOn["gateway-error"]) !== 0 && status >= 502 && status <= 504) return !rateLimited(headers);
  if ((on & ANY_GRPC) !== 0 && (on & (GRPC_BITS[headers.get("grpc-status") ?? ""] ?? 0)) !== 0) return true;
  if ((on & RetryOn["retriable-4xx"]) !== 0 && status === 409) return true;
  if (policy !== undefined && (on & RetryOn["retriable-status-codes"]) !== 0 && policy.retriableStatusCodes.includes(status))
    return true;
  if ((on & RetryOn["envoy-ratelimited"]) !== 0 && rateLimited(headers)) return true;
  if (policy !== undefined && (on & RetryOn["retriable-headers"]) !== 0)
    for (const m of policy.retriableHeaders) if (m.match(headers)) return true;
  return false;
}

function rateLimited(headers: HeaderMap): boolean {
  return headers.has("x-envoy-ratelimited");
}

/** Whether a reset is one that the policy retries. `requestSent`: bytes of the request may have reached the upstream. */
export function retriableReset(on: number, reason: ResetReason, requestSent: boolean): boolean {
  if (reason === "overflow") return false;
  if ((on & (RetryOn["5xx"] | RetryOn["gateway-error"] | RetryOn.reset)) !== 0) return true;
  if ((on & RetryOn["reset-before-request"]) !== 0 && !requestSent) return true;
  if ((on & RetryOn["connect-failure"]) !== 0 && (reason === "connection_failure" || reason === "connection_timeout"))
    return true;
  return (on & RetryOn["refused-stream"]) !== 0 && reason === "remote_refused_stream_reset";
}

/** Envoy's back-off when no policy says otherwise, ms. */
const BASE = 25;

/** Fully jittered exponential back-off: a draw from [0, (2^n - 1) * base), at most the cap. ms. Source: Envoy, "x-envoy-max-retries". */
export function backOff(policy: RetryPolicyView | undefined, attempt: number): number {
  const base = policy?.baseInterval ?? BASE;
  const range = Math.min((2 ** Math.min(attempt, 30) - 1) * base, policy?.maxInterval ?? BASE * 10);
  return Math.random() * range;
}
