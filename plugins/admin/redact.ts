import type { JsonObject, JsonValue } from "../../core/resources/document/scalar.ts";
import { isObject } from "./snake-case.ts";

const REDACTED = "[redacted]";

/** Fields that hold secrets: those that Envoy marks as sensitive, and what plugins usually call theirs. Everything below them goes. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "private_key",
  "pkcs12",
  "password",
  "passphrase",
  "session_ticket_keys",
  "secret",
  "secrets",
  "secret_key",
  "secret_access_key",
  "session_token",
  "client_secret",
  "token_secret",
  "hmac_secret",
  "hmac_key",
  "auth_password",
  "credential",
  "credentials",
  "access_token",
  "bearer_token",
  "token",
  "api_key",
  "api_keys",
  "users",
]);
/** Where a secret is to be found is none. */
const PLACES: ReadonlySet<string> = new Set([
  "filename",
  "environment_variable",
  "name",
  "@type",
  "watched_directory",
  "sds_config",
]);
/** Headers whose configured values open doors. */
const SECRET_HEADER = /authorization|cookie|api-?key|token|secret|password|credential/i;

/** Whether a header's (or parameter's) value is one to keep to oneself, by its name. */
export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(name);
}

/** The same configuration without secrets. */
export function redact(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(redact);
  if (!isObject(value)) return value;
  const header = holdsSecret(value);
  const out: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(value)) {
    if (header && (key === "value" || key === "raw_value" || key === "rawValue")) out[key] = REDACTED;
    else out[key] = SECRET_FIELDS.has(snake(key)) ? hide(member) : redact(member);
  }
  return out;
}

/** `core.v3.HeaderValue`: a key and a value. */
function holdsSecret(object: JsonObject): boolean {
  return typeof object.key === "string" && isSecretHeader(object.key);
}

function hide(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(hide);
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, PLACES.has(snake(key)) ? member : hide(member)]),
    );
  }
  return typeof value === "string" || typeof value === "number" ? REDACTED : value;
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (upper) => "_" + upper.toLowerCase());
}
