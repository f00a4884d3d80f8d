import type { Infer } from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { kubernetes, list, string } from "./fields.ts";

/** Kubernetes: `v1.Pod`: read for its labels, which subsets select endpoints by, and its addresses. */
export const PodSpec = kubernetes("Pod", {
  status: kubernetes("PodStatus", {
    podIP: string(),
    podIPs: list(kubernetes("PodIP", { ip: string() })),
  }),
});
export type PodSpec = Infer<typeof PodSpec>;

/** `kind: Pod` of `v1`; `spec` is the object itself. */
export type Pod = IstioObject<PodSpec, "Pod">;
