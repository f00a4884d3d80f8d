import type { MessageSchema, Schema } from "../../../core/resources/schema/index.ts";
import type { MeshKind } from "./object.ts";
import { kubernetes, message, string } from "./schema/fields.ts";
import { required, schema } from "../../../core/resources/schema/schema.ts";
import { DestinationRuleSpec } from "./schema/destination-rule.ts";
import { GatewaySpec } from "./schema/gateway.ts";
import { ObjectMeta } from "./schema/metadata.ts";
import { NamespaceSpec } from "./schema/namespace.ts";
import { PodSpec } from "./schema/pod.ts";
import { SecretSpec } from "./schema/secret.ts";
import { EndpointsSpec, EndpointSliceSpec, ServiceSpec } from "./schema/service.ts";
import { ServiceEntrySpec, WorkloadEntry } from "./schema/service-entry.ts";
import { VirtualServiceSpec } from "./schema/virtual-service.ts";

/** A kind that is read. */
export interface MeshKindPlan {
  readonly kind: MeshKind;
  readonly group: string;
  readonly versions: readonly string[];
  /** Reads the object around `spec`; for kinds without one, `metadata` only. */
  readonly envelope: Schema<Envelope>;
  /** What `spec` of an `IstioObject` is read by. */
  readonly spec: MessageSchema<object>;
  /** The spec stands below `spec`; else it is the object itself. */
  readonly nested: boolean;
}

/** What stands around a spec. */
export interface Envelope {
  readonly metadata: ObjectMeta;
  readonly spec?: object;
}

/** Passed over: what the API server adds. */
const passedOver = (): Schema<true> => schema<true>("ignored", () => true);

function istio(kind: MeshKind, spec: MessageSchema<object>): MeshKindPlan {
  const envelope = message(`${kind} object`, {
    apiVersion: string(),
    kind: string(),
    metadata: required(ObjectMeta),
    spec: required(spec),
    status: passedOver(),
  });
  return {
    kind,
    group: "networking.istio.io",
    versions: ["v1", "v1beta1", "v1alpha3"],
    envelope: envelope as unknown as Schema<Envelope>,
    spec,
    nested: true,
  };
}

function core(kind: MeshKind, spec: MessageSchema<object>, nested: boolean, group = "", versions = ["v1"]): MeshKindPlan {
  const envelope = kubernetes(
    `${kind} object`,
    nested ? { metadata: required(ObjectMeta), spec: required(spec) } : { metadata: required(ObjectMeta) },
  );
  return { kind, group, versions, envelope: envelope as unknown as Schema<Envelope>, spec, nested };
}

/** The kinds that a mesh is made of. */
export const MESH_KINDS: readonly MeshKindPlan[] = [
  istio("VirtualService", VirtualServiceSpec),
  istio("Gateway", GatewaySpec),
  istio("DestinationRule", DestinationRuleSpec),
  istio("ServiceEntry", ServiceEntrySpec),
  istio("WorkloadEntry", WorkloadEntry),
  core("Service", ServiceSpec, true),
  core("Endpoints", EndpointsSpec, false),
  core("EndpointSlice", EndpointSliceSpec, false, "discovery.k8s.io", ["v1", "v1beta1"]),
  core("Pod", PodSpec, false),
  core("Secret", SecretSpec, false),
  core("Namespace", NamespaceSpec, false),
];

/** A kind that is known and not read. */
export interface OtherKind {
  readonly group: string;
  readonly kind: string;
  /** "error": passing it over would open a door. "warning": traffic may be treated otherwise than it says. */
  readonly severity: "error" | "warning";
  readonly why: string;
}

const other = (group: string, severity: "error" | "warning", why: string, ...kinds: string[]): OtherKind[] =>
  kinds.map((kind) => ({ group, kind, severity, why }));

/** The kinds of Istio and of the Gateway API that are known and not read. Those of Kubernetes itself are passed over without a word. */
export const OTHER_KINDS: readonly OtherKind[] = [
  ...other(
    "security.istio.io",
    "error",
    "requests that it refuses would pass",
    "AuthorizationPolicy",
    "PeerAuthentication",
    "RequestAuthentication",
  ),
  ...other("networking.istio.io", "warning", "it does nothing", "Sidecar", "EnvoyFilter", "WorkloadGroup", "ProxyConfig"),
  ...other("telemetry.istio.io", "warning", "it does nothing", "Telemetry"),
  ...other("extensions.istio.io", "warning", "it does nothing", "WasmPlugin", "TrafficExtension"),
  ...other(
    "gateway.networking.k8s.io",
    "warning",
    "the Gateway API is not read",
    "GatewayClass",
    "Gateway",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
    "UDPRoute",
    "ReferenceGrant",
    "BackendTLSPolicy",
    "ListenerSet",
  ),
];

/** The kinds of Kubernetes' core group (`apiVersion: v1`), to tell a misspelling from what is passed over. */
export const CORE_KINDS: ReadonlySet<string> = new Set([
  "Binding",
  "ConfigMap",
  "Endpoints",
  "Event",
  "LimitRange",
  "List",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Pod",
  "PodTemplate",
  "ReplicationController",
  "ResourceQuota",
  "Secret",
  "Service",
  "ServiceAccount",
]);
