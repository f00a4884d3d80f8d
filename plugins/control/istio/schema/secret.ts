import { DecodeContext, bytes, map, type Infer, type Schema } from "../../../../core/resources/schema/index.ts";
import { schema } from "../../../../core/resources/schema/schema.ts";
import type { IstioObject } from "../object.ts";
import { anyString, kubernetes, string } from "./fields.ts";

const inBase64 = bytes();

/** Bytes in base64, never quoted in messages: they end in logs. */
function secretBytes(): Schema<Uint8Array> {
  return schema<Uint8Array>("bytes", (node, context) => {
    const value = inBase64.decode(node, new DecodeContext());
    if (value === undefined) {
      const wanted = "bytes in base64";
      context.report(node, "wrong_type", `found something else, wanted ${wanted}`, { wanted });
    }
    return value;
  });
}

/** Text, never quoted in messages. */
function secretText(): Schema<string> {
  const text = anyString();
  return schema<string>("string", (node, context) => {
    const value = text.decode(node, new DecodeContext());
    if (value === undefined) {
      const wanted = "a string";
      context.report(node, "wrong_type", `found something else, wanted ${wanted}; quote it if it looks like a number`, {
        wanted,
      });
    }
    return value;
  });
}

/**
 * Kubernetes: `v1.Secret`. A certificate, its key and the CA stand under `tls.crt`, `tls.key`, `ca.crt` or `cert`, `key`, `cacert`,
 * and lists of revoked certificates under `ca.crl` or `crl`.
 */
export const SecretSpec = kubernetes("Secret", {
  /** `kubernetes.io/tls` wants `tls.crt` and `tls.key`. Default Opaque. */
  type: string({ default: "Opaque" }),
  /** In base64. */
  data: map(secretBytes()),
  /** As text; before `data`. */
  stringData: map(secretText()),
});
export type SecretSpec = Infer<typeof SecretSpec>;

/** `kind: Secret` of `v1`; `spec` is the object itself. */
export type Secret = IstioObject<SecretSpec, "Secret">;
