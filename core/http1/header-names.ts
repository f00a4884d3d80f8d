import { Buffer } from "node:buffer";
import { TOKEN_LOWER } from "./char-classes.ts";

/** What a field means to a message's framing or connection; `FIELD_OTHER` is passed on as it is. */
export const FIELD_OTHER = 0;
export const FIELD_HOST = 1;
export const FIELD_CONTENT_LENGTH = 2;
export const FIELD_TRANSFER_ENCODING = 3;
export const FIELD_CONNECTION = 4;
export const FIELD_PROXY_CONNECTION = 5;
export const FIELD_KEEP_ALIVE = 6;
export const FIELD_UPGRADE = 7;
export const FIELD_TE = 8;
export const FIELD_HTTP2_SETTINGS = 9;
export const FIELD_EXPECT = 10;

/** A field name met so often that its one lower-case string is kept. */
export interface KnownName {
  readonly name: string;
  /** One of `FIELD_*`. */
  readonly field: number;
  readonly bytes: Uint8Array;
}

const SPECIAL: readonly (readonly [string, number])[] = [
  ["host", FIELD_HOST],
  ["content-length", FIELD_CONTENT_LENGTH],
  ["transfer-encoding", FIELD_TRANSFER_ENCODING],
  ["connection", FIELD_CONNECTION],
  ["proxy-connection", FIELD_PROXY_CONNECTION],
  ["keep-alive", FIELD_KEEP_ALIVE],
  ["upgrade", FIELD_UPGRADE],
  ["te", FIELD_TE],
  ["http2-settings", FIELD_HTTP2_SETTINGS],
  ["expect", FIELD_EXPECT],
];

const COMMON =
  "accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials " +
  "access-control-allow-headers access-control-allow-methods access-control-allow-origin access-control-expose-headers " +
  "access-control-max-age access-control-request-headers access-control-request-method age allow alt-svc authorization b3 " +
  "cache-control content-disposition content-encoding content-language content-location content-range content-security-policy " +
  "content-type cookie date dnt etag expires forwarded from grpc-encoding grpc-message grpc-status grpc-timeout if-match " +
  "if-modified-since if-none-match if-range if-unmodified-since last-modified link location origin pragma priority range referer " +
  "retry-after sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user " +
  "sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-protocol sec-websocket-version server " +
  "server-timing set-cookie strict-transport-security traceparent tracestate trailer upgrade-insecure-requests user-agent vary via " +
  "www-authenticate x-api-key x-b3-parentspanid x-b3-sampled x-b3-spanid x-b3-traceid x-content-type-options " +
  "x-envoy-decorator-operation x-envoy-upstream-service-time x-forwarded-client-cert x-forwarded-for x-forwarded-host " +
  "x-forwarded-port x-forwarded-proto x-frame-options x-powered-by x-real-ip x-request-id x-requested-with x-xss-protection";

const SLOTS = 2048;

/** The hash `knownName` is asked with: start at `HASH_SEED`, then `hashStep` for each byte in lower case. */
export function hashStep(hash: number, lower: number): number {
  return (Math.imul(hash, 31) + lower) | 0;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 11)) & (SLOTS - 1);
}

function hashOf(name: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < name.length; i++) hash = hashStep(hash, name.charCodeAt(i));
  return hash;
}

function knownNames(): KnownName[] {
  const known: KnownName[] = [];
  for (const [name, field] of SPECIAL) known.push({ name, field, bytes: Buffer.from(name) });
  for (const name of COMMON.split(" ")) known.push({ name, field: FIELD_OTHER, bytes: Buffer.from(name) });
  return known;
}

/** The seed that fits today's names. The search begins with it, for it is 5 ms of a start; a name more and it looks further. */
const FIRST_SEED = 22;

/** Names that share a slot would cost a chain on the data path: rather look for a seed that gives each its own, once. */
function spread(known: readonly KnownName[]): { seed: number; slots: (KnownName | null)[] } {
  for (let seed = FIRST_SEED; ; seed++) {
    const slots = new Array<KnownName | null>(SLOTS).fill(null);
    if (
      known.every((entry) => {
        const slot = slotOf(hashOf(entry.name, seed));
        if (slots[slot] !== null) return false;
        slots[slot] = entry;
        return true;
      })
    ) {
      return { seed, slots };
    }
  }
}

const { seed, slots } = spread(knownNames());

/** Where a name's hash starts. */
export const HASH_SEED: number = seed;

/** The entry for the name at `[from, to)`, whatever its case; null if it isn't one of the known. */
export function knownName(bytes: Buffer, from: number, to: number, hash: number): KnownName | null {
  const entry = slots[slotOf(hash)];
  if (entry === null) return null;
  const wanted = entry.bytes;
  if (wanted.length !== to - from) return null;
  for (let i = 0; i < wanted.length; i++) {
    if (TOKEN_LOWER[bytes[from + i]] !== wanted[i]) return null;
  }
  return entry;
}
