/** What a failed handshake is counted as, beside Envoy's `connection_error`. */
export type FailureKind =
  "connection_error" | "fail_verify_no_cert" | "fail_verify_error" | "fail_verify_san" | "fail_verify_cert_hash";

/** A peer whose certificate was refused. */
export class PeerRefused extends Error {
  readonly code = "CERTIFICATE_VERIFY_FAILED";
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.name = "PeerRefused";
    this.kind = kind;
  }
}

/** BoringSSL's numbers of the reasons that peers cause, which logs of Envoy carry: errors are told alike. Source: BoringSSL, ssl.h. */
const NUMBERS: Readonly<Record<string, number>> = {
  CERTIFICATE_VERIFY_FAILED: 125,
  HTTP_REQUEST: 156,
  HTTPS_PROXY_REQUEST: 155,
  NO_SHARED_CIPHER: 184,
  PEER_DID_NOT_RETURN_A_CERTIFICATE: 192,
  UNEXPECTED_MESSAGE: 233,
  UNSUPPORTED_PROTOCOL: 240,
  WRONG_VERSION_NUMBER: 247,
  DECODE_ERROR: 137,
  BAD_DECRYPT: 100,
  DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 139,
  NO_APPLICATION_PROTOCOL: 307,
  SSLV3_ALERT_HANDSHAKE_FAILURE: 1040,
  SSLV3_ALERT_BAD_CERTIFICATE: 1042,
  SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 1043,
  SSLV3_ALERT_CERTIFICATE_REVOKED: 1044,
  SSLV3_ALERT_CERTIFICATE_EXPIRED: 1045,
  SSLV3_ALERT_CERTIFICATE_UNKNOWN: 1046,
  TLSV1_ALERT_UNKNOWN_CA: 1048,
  TLSV1_ALERT_ACCESS_DENIED: 1049,
  TLSV1_ALERT_DECODE_ERROR: 1050,
  TLSV1_ALERT_DECRYPT_ERROR: 1051,
  TLSV1_ALERT_PROTOCOL_VERSION: 1070,
  TLSV1_ALERT_INTERNAL_ERROR: 1080,
  TLSV1_UNRECOGNIZED_NAME: 1112,
  TLSV1_CERTIFICATE_REQUIRED: 1116,
  TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 1120,
};
/** What OpenSSL, or Deno's library, calls otherwise. */
const RENAMED: Readonly<Record<string, string>> = {
  TLSV13_ALERT_CERTIFICATE_REQUIRED: "TLSV1_CERTIFICATE_REQUIRED",
  PACKET_LENGTH_TOO_LONG: "WRONG_VERSION_NUMBER",
  BAD_RECORD_TYPE: "WRONG_VERSION_NUMBER",
  VERSION_TOO_LOW: "UNSUPPORTED_PROTOCOL",
};
const SSL_LIBRARY = 16 << 24;

function numbered(reason: string, detail: string): string {
  const number = NUMBERS[reason];
  const code = number === undefined ? "" : `${SSL_LIBRARY + number}:`;
  return `TLS_error:|${code}SSL routines:OPENSSL_internal:${reason}${detail === "" ? "" : `:${detail}`}:TLS_error_end`;
}

/**
 * Why a handshake failed, as Envoy's %DOWNSTREAM_TRANSPORT_FAILURE_REASON% and %UPSTREAM_TRANSPORT_FAILURE_REASON% tell it (with blanks); "" when the
 * connection only ended.
 */
export function transportFailureReason(error: Error | null): string {
  if (error === null) return "";
  if (error instanceof PeerRefused) return numbered("CERTIFICATE_VERIFY_FAILED", `verify cert failed: ${error.message}`);
  const { code } = error as { code?: unknown };
  if (typeof code !== "string") return "";
  if (code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") {
    return numbered("PEER_DID_NOT_RETURN_A_CERTIFICATE", "peer did not provide required client certificate");
  }
  if (code.startsWith("ERR_SSL_")) {
    const name = code.slice("ERR_SSL_".length);
    return numbered(RENAMED[name] ?? name, "");
  }
  // Errors of the system are no errors of TLS.
  if (/^E[A-Z]+$/.test(code)) return "";
  return numbered(code, "");
}

/** What a failed handshake is counted as; null for a peer that only went away. */
export function failureKind(error: Error | null): FailureKind | null {
  if (error === null) return null;
  if (error instanceof PeerRefused) return error.kind;
  const { code } = error as { code?: unknown };
  if (code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") return "fail_verify_no_cert";
  return typeof code === "string" && /^E[A-Z]+$/.test(code) ? null : "connection_error";
}
