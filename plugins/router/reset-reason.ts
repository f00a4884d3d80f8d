import type { ResetReason } from "../../core/contract/error.ts";
import { ResponseFlag } from "../../core/contract/response-flags.ts";

/** How Envoy words a reset reason in bodies and details. Source: Envoy, "Response code details". */
export function resetReasonText(reason: ResetReason): string {
  switch (reason) {
    case "connection_failure":
      return "remote connection failure";
    case "connection_timeout":
      return "connection timeout";
    case "connection_termination":
      return "connection termination";
    case "remote_reset":
      return "remote reset";
    case "remote_refused_stream_reset":
      return "remote refused stream reset";
    case "local_reset":
      return "local reset";
    case "overflow":
      return "overflow";
    case "protocol_error":
      return "protocol error";
    case "overload_manager":
      return "overload manager reset";
  }
}

/** The response flag that goes with it. */
export function resetReasonFlag(reason: ResetReason): number {
  switch (reason) {
    case "connection_failure":
    case "connection_timeout":
      return ResponseFlag.UpstreamConnectionFailure;
    case "connection_termination":
      return ResponseFlag.UpstreamConnectionTermination;
    case "remote_reset":
    case "remote_refused_stream_reset":
      return ResponseFlag.UpstreamRemoteReset;
    case "local_reset":
      return ResponseFlag.LocalReset;
    case "overflow":
      return ResponseFlag.UpstreamOverflow;
    case "protocol_error":
      return ResponseFlag.UpstreamProtocolError;
    case "overload_manager":
      return ResponseFlag.OverloadManager;
  }
}

/** Status of the local reply: an upstream that breaks the protocol is a bad gateway, all else is unavailability. */
export function resetReasonStatus(reason: ResetReason): number {
  return reason === "protocol_error" ? 502 : 503;
}
