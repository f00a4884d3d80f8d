import { map, type Infer } from "../../../../core/resources/schema/index.ts";
import { anyString, kubernetes, string } from "./fields.ts";

/** Kubernetes: `meta.v1.ObjectMeta`, the fields that matter here. */
export const ObjectMeta = kubernetes("ObjectMeta", {
  name: string({ required: true }),
  /** Default: that which the reader was told, `default`. */
  namespace: string(),
  labels: map(anyString()),
  annotations: map(anyString()),
  /** RFC 3339. Files rarely have it. */
  creationTimestamp: string(),
});
export type ObjectMeta = Infer<typeof ObjectMeta>;
