import { bool, boolValue, map, required, uint32, type Infer } from "../../../../core/resources/schema/index.ts";
import type { IstioObject } from "../object.ts";
import { anyString, enumOf, list, message, string } from "./fields.ts";

/** Istio: `Port`. */
export const Port = message("Port", {
  /** 1 to 65535; 0 with a Unix domain socket. */
  number: uint32({ default: 0 }),
  /** HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS. */
  protocol: string({ required: true }),
  /** Of the port; unique within its Gateway. */
  name: string({ required: true }),
  /** Deprecated, and means nothing in a Gateway. */
  targetPort: uint32(),
});
export type Port = Infer<typeof Port>;

/** Istio: `ServerTLSSettings.TLSCertificate`. */
export const TLSCertificate = message("TLSCertificate", {
  /** A path. */
  serverCertificate: string(),
  /** A path. */
  privateKey: string(),
  /** A path. */
  caCertificates: string(),
});
export type TLSCertificate = Infer<typeof TLSCertificate>;

const VERSIONS = ["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"] as const;

/** Istio: `ServerTLSSettings`. */
export const ServerTLSSettings = message("ServerTLSSettings", {
  /** Answers HTTP requests with 301 to https. Default false. */
  httpsRedirect: bool({ default: false }),
  /** How connections are secured. Default PASSTHROUGH. */
  mode: enumOf(["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"], {
    default: "PASSTHROUGH",
  }),
  /** Path of the certificate chain, in place of `credentialName`. */
  serverCertificate: string(),
  /** Path of the private key. */
  privateKey: string(),
  /** Path of the CA certificates that clients are checked by. */
  caCertificates: string(),
  /** Path of the list of revoked certificates. */
  caCrl: string(),
  /** Secret (`name` in the Gateway's namespace, or `kubernetes://name`) with certificate, key and perhaps the CA. */
  credentialName: string(),
  /** Several, for an RSA and an ECDSA certificate. */
  credentialNames: list(string({ required: true })),
  /** Secret with the CA certificates; before those of `credentialName`. */
  caCertCredentialName: string(),
  /** Several pairs of paths, in place of `serverCertificate` and `privateKey`. */
  tlsCertificates: list(TLSCertificate),
  /** One of these must be a name of the client's certificate. */
  subjectAltNames: list(anyString()),
  /** SHA-256 of the client's SPKI, in base64: one of these. */
  verifyCertificateSpki: list(anyString()),
  /** SHA-256 of the client's certificate, in hex: one of these. */
  verifyCertificateHash: list(anyString()),
  /** Default TLS_AUTO, which is TLS 1.2. */
  minProtocolVersion: enumOf(VERSIONS, { default: "TLS_AUTO" }),
  /** Default TLS_AUTO, which is TLS 1.3. */
  maxProtocolVersion: enumOf(VERSIONS, { default: "TLS_AUTO" }),
  /** For TLS 1.2 and below. Default: those of the proxy. */
  cipherSuites: list(anyString()),
  /** Lets clients pass whose certificate does not hold. Default false. */
  insecureSkipVerify: boolValue(),
});
export type ServerTLSSettings = Infer<typeof ServerTLSSettings>;

/** Istio: `Server`. */
export const Server = message("Server", {
  port: required(Port),
  /** IP address or Unix domain socket to listen on. Default: all addresses. */
  bind: string(),
  /** DNS names, `*.x` or `*`, each perhaps with `namespace/` (`.` the Gateway's own, `*` any) for where VirtualServices come from. */
  hosts: list(anyString(), { min: 1 }),
  /** Needed for HTTPS and TLS. */
  tls: ServerTLSSettings,
  /** Istio has it in its API and does not do it. */
  defaultEndpoint: string(),
  /** Unique within the Gateway. Default none. */
  name: string(),
});
export type Server = Infer<typeof Server>;

/** Istio: `Gateway`, https://istio.io/latest/docs/reference/config/networking/gateway/ */
export const GatewaySpec = message("Gateway", {
  servers: list(Server),
  /** Labels of the proxies that it is for. Unset: all. */
  selector: map(anyString()),
});
export type GatewaySpec = Infer<typeof GatewaySpec>;

/** `kind: Gateway` of `networking.istio.io`. */
export type Gateway = IstioObject<GatewaySpec, "Gateway">;
