import { ADDRESS_COMMANDS } from "./address-commands.ts";
import { TLS_COMMANDS } from "./tls-commands.ts";
import { HEADER_COMMANDS } from "./header-commands.ts";
import { METADATA_COMMANDS } from "./metadata-commands.ts";
import type { Command } from "./operator.ts";
import { STREAM_COMMANDS } from "./stream-commands.ts";

/** All built-in commands by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ...Object.entries(HEADER_COMMANDS),
  ...Object.entries(STREAM_COMMANDS),
  ...Object.entries(ADDRESS_COMMANDS),
  ...Object.entries(TLS_COMMANDS),
  ...Object.entries(METADATA_COMMANDS),
]);

/** What Envoy 1.40 knows beside them: a format that uses one is told so, not that there is no such operator. */
const UNSUPPORTED: ReadonlySet<string> = new Set(
  `CEL TYPED_CEL FILE_CONTENT SECRET CUSTOM_FLAGS LOCAL_REPLY_BODY UPSTREAM_FILTER_STATE UPSTREAM_CONNECTION_ID
  UPSTREAM_CONNECTION_IDS_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT UPSTREAM_HOST_NAMES_ATTEMPTED
  UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT UPSTREAM_CONNECTION_POOL_READY_DURATION UPSTREAM_DETECTED_CLOSE_TYPE
  UPSTREAM_LOCAL_CLOSE_REASON UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID UPSTREAM_WIRE_BYTES_SENT UPSTREAM_WIRE_BYTES_RECEIVED
  UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HEADER_BYTES_RECEIVED UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED UPSTREAM_TLS_SESSION_ID UPSTREAM_TLS_CIPHER UPSTREAM_TLS_GROUP UPSTREAM_TLS_VERSION
  UPSTREAM_SERVER_NAME UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_ISSUER UPSTREAM_PEER_CERT UPSTREAM_PEER_CERT_V_START
  UPSTREAM_PEER_CERT_V_END UPSTREAM_PEER_URI_SAN UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_IP_SAN UPSTREAM_LOCAL_URI_SAN
  UPSTREAM_LOCAL_DNS_SAN UPSTREAM_LOCAL_IP_SAN DOWNSTREAM_WIRE_BYTES_SENT DOWNSTREAM_WIRE_BYTES_RECEIVED
  DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_DETECTED_CLOSE_TYPE
  DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID
  DOWNSTREAM_LOCAL_OTHERNAME_SAN DOWNSTREAM_PEER_OTHERNAME_SAN DOWNSTREAM_TLS_SESSION_ID DOWNSTREAM_TLS_GROUP TLS_JA3_FINGERPRINT
  TLS_JA4_FINGERPRINT`.split(/\s+/),
);

/** Whether Envoy knows a command that we don't. */
export function isUnsupportedCommand(name: string): boolean {
  return UNSUPPORTED.has(name);
}

/** The known command nearest to a misspelt one, or undefined. */
export function nearestCommand(name: string): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 4)) + 1;
  for (const known of COMMANDS.keys()) {
    const d = distance(name.toUpperCase(), known, least);
    if (d < least) [best, least] = [known, d];
  }
  return best;
}

/** Levenshtein's, given up at `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
