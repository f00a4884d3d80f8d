import { map, uint32, type Infer } from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { anyString, enumOf, list, message, string } from "./fields.ts";

/** Istio: `ServicePort`. */
export const ServicePort = message("ServicePort", {
  /** 1 to 65535. */
  number: uint32({ default: 0 }),
  /** HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP, TLS, ... Default: guessed from the traffic; here TCP. */
  protocol: string(),
  name: string({ required: true }),
  /** Port of the endpoints. Default: `number`. */
  targetPort: uint32(),
});
export type ServicePort = Infer<typeof ServicePort>;

/** Istio: `WorkloadEntry`. */
export const WorkloadEntry = message("WorkloadEntry", {
  /** IP address, a DNS name with resolution DNS, or `unix:///path`. */
  address: string(),
  /** Ports by the names that the service gives them. Default: those of the service. */
  ports: map(uint32()),
  labels: map(anyString()),
  /** Means nothing here: there is one network. */
  network: string(),
  /** `region/zone/subzone`. */
  locality: string(),
  /** Share among the endpoints. Default 0, which counts as 1. */
  weight: uint32(),
  serviceAccount: string(),
});
export type WorkloadEntry = Infer<typeof WorkloadEntry>;

/** Istio: `WorkloadSelector`. */
export const WorkloadSelector = message("WorkloadSelector", { labels: map(anyString()) });
export type WorkloadSelector = Infer<typeof WorkloadSelector>;

/** Istio: `ServiceEntry`, https://istio.io/latest/docs/reference/config/networking/service-entry/ */
export const ServiceEntrySpec = message("ServiceEntry", {
  /** DNS names, with resolution NONE also `*.x`. */
  hosts: list(anyString(), { min: 1 }),
  /** Virtual IP addresses or CIDR ranges. */
  addresses: list(anyString()),
  ports: list(ServicePort),
  /** Whether it is part of the mesh. Default MESH_EXTERNAL. */
  location: enumOf(["MESH_EXTERNAL", "MESH_INTERNAL"], { default: "MESH_EXTERNAL" }),
  /** How endpoints are found. Default NONE: traffic goes where it was addressed to. */
  resolution: enumOf(["NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"], { default: "NONE" }),
  /** Excludes `workloadSelector`. */
  endpoints: list(WorkloadEntry),
  workloadSelector: WorkloadSelector,
  /** Namespaces that see it: `.` its own, `*` all. Unset: all. */
  exportTo: list(anyString()),
  /** One of these must be a name of the server's certificate. */
  subjectAltNames: list(anyString()),
});
export type ServiceEntrySpec = Infer<typeof ServiceEntrySpec>;

/** `kind: ServiceEntry` of `networking.istio.io`. */
export type ServiceEntry = IstioObject<ServiceEntrySpec, "ServiceEntry">;

/** `kind: WorkloadEntry` of `networking.istio.io`: an endpoint that ServiceEntries select by label. */
export type WorkloadEntryObject = IstioObject<WorkloadEntry, "WorkloadEntry">;
