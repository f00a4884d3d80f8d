import { map, type Infer } from "../../../../core/resources/schema/index.ts";
import { bytes } from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { anyString, kubernetes, string } from "./fields.ts";

/**
 * Kubernetes: `v1.Secret`. A certificate, its key and the CA stand under `tls.crt`, `tls.key`, `ca.crt` or `cert`, `key`, `cacert`,
 * and lists of revoked certificates under `ca.crl` or `crl`.
 */
export const SecretSpec = kubernetes("Secret", {
  /** `kubernetes.io/tls` wants `tls.crt` and `tls.key`. Default Opaque. */
  type: string({ default: "Opaque" }),
  /** In base64. */
  data: map(bytes()),
  /** As text; before `data`. */
  stringData: map(anyString()),
});
export type SecretSpec = Infer<typeof SecretSpec>;

/** `kind: Secret` of `v1`; `spec` is the object itself. */
export type Secret = IstioObject<SecretSpec, "Secret">;
