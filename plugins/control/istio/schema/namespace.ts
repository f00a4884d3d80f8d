import type { Infer } from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { kubernetes } from "./fields.ts";

/** Kubernetes: `v1.Namespace`: only its metadata matters. */
export const NamespaceSpec = kubernetes("Namespace", {});
export type NamespaceSpec = Infer<typeof NamespaceSpec>;

/** `kind: Namespace` of `v1`; `namespace` is its own name. */
export type Namespace = IstioObject<NamespaceSpec, "Namespace">;
