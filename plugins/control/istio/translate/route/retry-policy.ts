import type { HTTPRetry } from "../../schema/virtual-service.ts";
import { durationText, type Json } from "../json.ts";
import { typed } from "../type-url.ts";

const RETRY_ON = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

const PREVIOUS_HOSTS: readonly Json[] = [
  {
    name: "envoy.retry_host_predicates.previous_hosts",
    typed_config: typed("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"),
  },
];

/** The mesh's policy, for rules without `retries`. */
const DEFAULT: Json = {
  retry_on: RETRY_ON,
  num_retries: 2,
  retry_host_predicate: PREVIOUS_HOSTS,
  host_selection_retry_max_attempts: 5,
};

/** Istio: `retry.ConvertPolicy`. Undefined: no retries. */
export function retryPolicy(retries: HTTPRetry | undefined): Json | undefined {
  if (retries === undefined) return DEFAULT;
  if (retries.attempts <= 0) return undefined;
  const { conditions, codes } = parseRetryOn(retries.retryOn ?? RETRY_ON);
  return {
    retry_on:
      codes.length > 0 && !conditions.includes("retriable-status-codes")
        ? [...conditions, "retriable-status-codes"].join(",")
        : conditions.join(","),
    num_retries: retries.attempts,
    ...(codes.length === 0 ? {} : { retriable_status_codes: codes }),
    ...(retries.perTryTimeout === undefined ? {} : { per_try_timeout: durationText(retries.perTryTimeout) }),
    ...(retries.retryIgnorePreviousHosts === false ? {} : { retry_host_predicate: PREVIOUS_HOSTS }),
    host_selection_retry_max_attempts: 5,
    ...(retries.backoff === undefined ? {} : { retry_back_off: { base_interval: durationText(retries.backoff) } }),
  };
}

/** Conditions, and status codes among them. */
function parseRetryOn(text: string): { readonly conditions: readonly string[]; readonly codes: readonly number[] } {
  const conditions: string[] = [];
  const codes: number[] = [];
  for (const part of text.split(",").map((one) => one.trim())) {
    if (/^[1-5][0-9][0-9]$/.test(part)) codes.push(Number(part));
    else if (part !== "") conditions.push(part);
  }
  return { conditions, codes };
}
