import type { ResourceError } from "../../../../core/resources/schema/index.ts";
import type { Mesh } from "../mesh.ts";
import type { Json } from "./json.ts";

/** How paths are made uniform before routing. Istio: `MeshConfig.ProxyPathNormalization`. */
export type PathNormalization = "NONE" | "BASE" | "MERGE_SLASHES" | "DECODE_AND_MERGE_SLASHES";

/** Who asks for resources. */
export interface GatewayNode {
  readonly kind: "ingress-gateway";
  /** Decides which Gateways are for it (`selector`). Files mostly select `istio: ingressgateway`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where the gateway runs: decides which objects it may see (`exportTo`), and where `credentialName` is looked for first. */
  readonly namespace: string;
  /**
   * The port to listen on by the port of a server, as the `targetPort` of the gateway's Service does in a cluster: `{ 80: 8080 }`.
   * Default: the same.
   */
  readonly ports?: Readonly<Record<number, number>>;
  /** Where servers without `bind` listen. Default `0.0.0.0`. */
  readonly address?: string;
  /** Proxies before this one whose `x-forwarded-*` headers are trusted. Default 0: clients' are not. Istio: `numTrustedProxies`. */
  readonly trustedProxies?: number;
  /** Default BASE, Istio's. */
  readonly pathNormalization?: PathNormalization;
  /**
   * Whether services whose ports are of HTTP get HTTP/2, where no DestinationRule says. Default DO_NOT_UPGRADE. Istio: `meshConfig.h2UpgradePolicy`.
   */
  readonly h2UpgradePolicy?: "DO_NOT_UPGRADE" | "UPGRADE";
  /** File with the certificates of the system's CAs, for TLS to upstreams without `caCertificates`. Default Debian's. */
  readonly systemCaFile?: string;
  /** Filters of each HTTP connection manager after `fault` and `cors`, before the router. Default: none. */
  readonly httpFilters?: readonly Json[];
  /** Access logs of listeners. Default: none. */
  readonly accessLog?: readonly Json[];
}

/** What a mesh is for a node: Envoy's resources in their proto3-JSON form, names in snake_case. Each list is in the order of names. */
export interface Translation {
  /** Listeners; their connection managers name their routes (`rds`), see `inlineReferences`. */
  readonly listeners: readonly Json[];
  /** RouteConfigurations: `http.8080`, `https.443.https.bookinfo.default`. */
  readonly routes: readonly Json[];
  /** Clusters that routes refer to: `outbound|9080|v1|reviews.default.svc.cluster.local`. */
  readonly clusters: readonly Json[];
  /** Secrets that TLS contexts refer to: `kubernetes://NAMESPACE/NAME`, and that with `-cacert`. */
  readonly secrets: readonly Json[];
  /** What is left out, in conflict or refers to what is not there, at its place in the files. */
  readonly problems: readonly ResourceError[];
  /** The mesh that it was made from. */
  readonly mesh: Mesh;
}
