import { getSystemErrorMap } from "node:util";
import { transportFailureReason } from "../../tls/tls-failure.ts";

/** As the C library says it; where it isn't listed, as libuv does. */
const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  ECONNABORTED: "Software caused connection abort",
  EHOSTUNREACH: "No route to host",
  EHOSTDOWN: "Host is down",
  ENETUNREACH: "Network is unreachable",
  ENETDOWN: "Network is down",
  ETIMEDOUT: "Connection timed out",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EADDRINUSE: "Address already in use",
  EAFNOSUPPORT: "Address family not supported by protocol",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  ENOENT: "No such file or directory",
  EMFILE: "Too many open files",
  ENFILE: "Too many open files in system",
  ENOBUFS: "No buffer space available",
  EPIPE: "Broken pipe",
};

function textOf(code: string): string {
  const known = TEXTS[code];
  if (known !== undefined) return known;
  for (const [name, text] of getSystemErrorMap().values()) if (name === code) return text;
  return code;
}

/** Why a connection could not be made, as Envoy's %UPSTREAM_TRANSPORT_FAILURE_REASON% has it, with blanks. */
export function connectFailureDetails(error: Error | null): string {
  const reason = transportFailureReason(error);
  if (reason !== "") return reason;
  const code = (error as { code?: unknown } | null)?.code;
  return `delayed connect error: ${typeof code === "string" ? textOf(code) : (error?.message ?? "connection closed")}`;
}
