/** Who is at fault, for logs and for choosing the status. */
export type ErrorSource = "downstream" | "upstream" | "internal";

/** The one error shape of the data path. It is returned and stored, not thrown, for what a peer did. */
export interface ProxyError {
  /** Stable and documented in docs/errors.md, such as "http1.invalid_method". */
  readonly code: string;
  readonly source: ErrorSource;
  /** Whether another attempt may be made without risk of doing the work twice. */
  readonly retry: boolean;
  /** For people: what was found and what was wanted. */
  readonly details: string;
  readonly cause?: unknown;
}

/** Why an upstream stream ended before its response was whole. Envoy: StreamResetReason. */
export type ResetReason =
  | "connection_failure"
  | "connection_timeout"
  | "connection_termination"
  | "remote_reset"
  | "remote_refused_stream_reset"
  | "local_reset"
  | "overflow"
  | "protocol_error"
  | "overload_manager";
