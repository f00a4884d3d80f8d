import { bool, map, uint32, type Infer } from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { anyString, intOrString, kubernetes, list, string } from "./fields.ts";

/** A port of a Service. */
export const KubernetesServicePort = kubernetes("ServicePort", {
  /** Tells the protocol too: `http-web`, `tcp`. Default none. */
  name: string(),
  /** TCP, UDP or SCTP. Default TCP. */
  protocol: string({ default: "TCP" }),
  /** In place of what the name tells: `http`, `https`, `grpc`, `kubernetes.io/h2c`. */
  appProtocol: string(),
  /** 1 to 65535. */
  port: uint32({ required: true, min: 1, max: 65_535 }),
  /** Port of the endpoints, by number or name. Default: `port`. */
  targetPort: intOrString(),
});
export type KubernetesServicePort = Infer<typeof KubernetesServicePort>;

/** Kubernetes: `v1.ServiceSpec`, the fields that matter here. */
export const ServiceSpec = kubernetes("ServiceSpec", {
  /** ClusterIP, NodePort, LoadBalancer or ExternalName. Default ClusterIP. */
  type: string({ default: "ClusterIP" }),
  /** `None` for a headless Service. Default: one is chosen. */
  clusterIP: string(),
  clusterIPs: list(anyString()),
  externalIPs: list(anyString()),
  /** DNS name, with type ExternalName. */
  externalName: string(),
  ports: list(KubernetesServicePort),
  /** Labels of its pods. */
  selector: map(anyString()),
});
export type ServiceSpec = Infer<typeof ServiceSpec>;

/** `kind: Service` of `v1`. */
export type Service = IstioObject<ServiceSpec, "Service">;

/** Kubernetes: `v1.EndpointAddress`. */
export const EndpointAddress = kubernetes("EndpointAddress", {
  ip: string({ required: true }),
  hostname: string(),
  nodeName: string(),
  /** The pod; its labels are not in the object, so subsets can't be told from it. */
  targetRef: kubernetes("ObjectReference", { kind: string(), name: string(), namespace: string() }),
});
export type EndpointAddress = Infer<typeof EndpointAddress>;

/** Kubernetes: `v1.EndpointPort` and `discovery.v1.EndpointPort`. */
export const EndpointPort = kubernetes("EndpointPort", {
  /** That of the Service's port. Default none. */
  name: string(),
  port: uint32({ min: 1, max: 65_535 }),
  protocol: string({ default: "TCP" }),
  appProtocol: string(),
});
export type EndpointPort = Infer<typeof EndpointPort>;

/** Kubernetes: `v1.EndpointSubset`. */
export const EndpointSubset = kubernetes("EndpointSubset", {
  addresses: list(EndpointAddress),
  notReadyAddresses: list(EndpointAddress),
  ports: list(EndpointPort),
});
export type EndpointSubset = Infer<typeof EndpointSubset>;

/** Kubernetes: `v1.Endpoints`; it has the name of its Service. */
export const EndpointsSpec = kubernetes("Endpoints", { subsets: list(EndpointSubset) });
export type EndpointsSpec = Infer<typeof EndpointsSpec>;

/** `kind: Endpoints` of `v1`; `spec` is the object itself. */
export type Endpoints = IstioObject<EndpointsSpec, "Endpoints">;

/** Kubernetes: `discovery.v1.EndpointConditions`. */
export const EndpointConditions = kubernetes("EndpointConditions", {
  /** Unset counts as true. */
  ready: bool({ default: true }),
  /** Unset is as `ready`. */
  serving: bool(),
  /** Default false. */
  terminating: bool({ default: false }),
});

/** Kubernetes: `discovery.v1.Endpoint`. */
export const Endpoint = kubernetes("Endpoint", {
  /** One address: more are the same endpoint. */
  addresses: list(anyString(), { min: 1 }),
  conditions: EndpointConditions,
  hostname: string(),
  nodeName: string(),
  zone: string(),
  targetRef: kubernetes("ObjectReference", { kind: string(), name: string(), namespace: string() }),
});
export type Endpoint = Infer<typeof Endpoint>;

/** Kubernetes: `discovery.v1.EndpointSlice`; the label `kubernetes.io/service-name` names its Service. */
export const EndpointSliceSpec = kubernetes("EndpointSlice", {
  /** IPv4, IPv6 or FQDN. */
  addressType: string({ required: true }),
  endpoints: list(Endpoint),
  ports: list(EndpointPort),
});
export type EndpointSliceSpec = Infer<typeof EndpointSliceSpec>;

/** `kind: EndpointSlice` of `discovery.k8s.io/v1`; `spec` is the object itself. */
export type EndpointSlice = IstioObject<EndpointSliceSpec, "EndpointSlice">;
