import { DataSource } from "./base.ts";
import { StringMatcher } from "./matchers.ts";
import type { Infer } from "./schema/index.ts";
import {
  any,
  bool,
  boolValue,
  duration,
  enumOf,
  list,
  message,
  orEmpty,
  required,
  string,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

const T = "envoy.extensions.transport_sockets.tls.v3";
const NO_PROVIDER = "certificates come from files, values and secrets";

/** Type URL of the transport socket of TLS from clients. */
export const DOWNSTREAM_TLS = `${T}.DownstreamTlsContext`;
/** Type URL of the transport socket of TLS to upstreams. */
export const UPSTREAM_TLS = `${T}.UpstreamTlsContext`;

/** A folder whose change means that what it holds is to be read again. */
export const WatchedDirectory = message("envoy.config.core.v3.WatchedDirectory", {
  path: string({ minLength: 1, required: true }),
});
export type WatchedDirectory = Infer<typeof WatchedDirectory>;

/** Where a resource comes from: of the ways that Envoy has, a file that is watched. */
export const ConfigSource = message(
  "envoy.config.core.v3.ConfigSource",
  {
    authorities: unsupported("there is no dynamic configuration yet"),
    /** Deprecated form of `path_config_source`. */
    path: string({ minLength: 1 }),
    pathConfigSource: message("envoy.config.core.v3.PathConfigSource", {
      /** A file with a list of `resources`; it is watched. */
      path: string({ minLength: 1, required: true }),
      /** Watched in place of the file's own folder. */
      watchedDirectory: WatchedDirectory,
    }),
    apiConfigSource: unsupported("there is no dynamic configuration yet"),
    ads: unsupported("there is no dynamic configuration yet"),
    self: unsupported("there is no dynamic configuration yet"),
    /** Without effect: a file is read at the start. */
    initialFetchTimeout: duration({ default: 15_000 }),
    /** Without effect: V3 is the only one. */
    resourceApiVersion: enumOf(["AUTO", "V2", "V3"], { default: "AUTO", unsupported: ["V2"] }),
  },
  {
    oneofs: [
      {
        name: "config_source_specifier",
        fields: ["path", "pathConfigSource", "apiConfigSource", "ads", "self"],
        required: true,
      },
    ],
  },
);
export type ConfigSource = Infer<typeof ConfigSource>;

/** A secret by its name: one of `static_resources.secrets`, or from a file. */
export const SdsSecretConfig = message(`${T}.SdsSecretConfig`, {
  name: string({ minLength: 1, required: true }),
  /** Unset: the name is that of a static secret. */
  sdsConfig: ConfigSource,
});
export type SdsSecretConfig = Infer<typeof SdsSecretConfig>;

const version = enumOf(["TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"], { default: "TLS_AUTO" });

/** Versions and algorithms. */
export const TlsParameters = message(`${T}.TlsParameters`, {
  /** TLS_AUTO (default) is TLSv1_2. Deno has nothing older. */
  tlsMinimumProtocolVersion: version,
  /** TLS_AUTO (default) is TLSv1_3; for clusters TLSv1_2 is enough to ask for nothing newer. */
  tlsMaximumProtocolVersion: version,
  /** For TLS 1.2 and older: OpenSSL's names; `[A|B]` are of equal rank. Default: those with ephemeral keys and AEAD. */
  cipherSuites: list(string()),
  /** `X25519`, `P-256`, `P-384`, `P-521`. Default: X25519 and P-256. */
  ecdhCurves: list(string()),
  /** `ecdsa_secp256r1_sha256`, `rsa_pss_rsae_sha256`, ... Default: the runtime's. */
  signatureAlgorithms: list(string()),
  compliancePolicies: unsupported("set versions, ciphers and curves"),
});
export type TlsParameters = Infer<typeof TlsParameters>;

/** A certificate with its key. */
export const TlsCertificate = message(`${T}.TlsCertificate`, {
  /** PEM, the leaf first. */
  certificateChain: DataSource,
  /** PEM. */
  privateKey: DataSource,
  pkcs12: unsupported("write the certificate and the key in PEM"),
  /** Watched in place of the folders of the files. */
  watchedDirectory: WatchedDirectory,
  privateKeyProvider: unsupported("keys are read from files and values"),
  /** Opens an encrypted private key. Default: it is not encrypted. */
  password: DataSource,
  /** A response of the OCSP responder (DER) to staple. Read again with the certificate. */
  ocspStaple: DataSource,
  signedCertificateTimestamp: unsupported("Envoy does not implement it either"),
});
export type TlsCertificate = Infer<typeof TlsCertificate>;

/** Keys that session tickets are encrypted with. */
export const TlsSessionTicketKeys = message(`${T}.TlsSessionTicketKeys`, {
  /** 80 random bytes each. The first is used: tickets of the others are not taken. */
  keys: list(DataSource, { min: 1 }),
});
export type TlsSessionTicketKeys = Infer<typeof TlsSessionTicketKeys>;

/** A test of the peer's names of one kind. */
export const SubjectAltNameMatcher = message(`${T}.SubjectAltNameMatcher`, {
  sanType: enumOf(["SAN_TYPE_UNSPECIFIED", "EMAIL", "DNS", "URI", "IP_ADDRESS", "OTHER_NAME"], {
    required: true,
    unsupported: ["SAN_TYPE_UNSPECIFIED", "OTHER_NAME"],
  }),
  /** `exact` on DNS takes a name like `*.example.com` in the certificate for a wildcard. */
  matcher: required(StringMatcher),
  oid: unsupported("OTHER_NAME is not read"),
});
export type SubjectAltNameMatcher = Infer<typeof SubjectAltNameMatcher>;

/** Which certificates of peers are accepted. */
export const CertificateValidationContext = message(
  `${T}.CertificateValidationContext`,
  {
    /** PEM: roots that peers' certificates must lead to. */
    trustedCa: DataSource,
    caCertificateProviderInstance: unsupported(NO_PROVIDER),
    /** Set: the system's roots. */
    systemRootCerts: message(`${T}.CertificateValidationContext.SystemRootCerts`, {}),
    /** Watched in place of the folder of the CA's file. */
    watchedDirectory: WatchedDirectory,
    /** SHA-256 of the public key, in base64: one must fit. */
    verifyCertificateSpki: list(string({ minLength: 44, maxBytes: 44 })),
    /** SHA-256 of the certificate, in hex, colons allowed: one must fit, or one of the SPKIs. */
    verifyCertificateHash: list(string({ minLength: 64, maxBytes: 95 })),
    /** One must match a name in the certificate. Default: names are not looked at. */
    matchTypedSubjectAltNames: list(SubjectAltNameMatcher),
    /** Deprecated form, for names of any kind. */
    matchSubjectAltNames: list(StringMatcher),
    requireSignedCertificateTimestamp: unsupported("Envoy does not implement it either"),
    /** PEM: certificates that are revoked. */
    crl: DataSource,
    /** Default false. */
    allowExpiredCertificate: bool({ default: false }),
    /** ACCEPT_UNTRUSTED lets in whom nothing vouches for; whether it does can be matched on by routes. Default VERIFY_TRUST_CHAIN. */
    trustChainVerification: enumOf(["VERIFY_TRUST_CHAIN", "ACCEPT_UNTRUSTED"], { default: "VERIFY_TRUST_CHAIN" }),
    customValidatorConfig: unsupported("there are no validators beside this one"),
    onlyVerifyLeafCertCrl: unsupported("the platform looks at the whole chain", ["false"]),
    /** Certificates between the peer's and the root. Unset: the platform's bound. */
    maxVerifyDepth: uint32Value({ max: 100 }),
    autoSniSanMatch: unsupported("set auto_san_validation in the cluster's protocol options"),
  },
  { oneofs: [{ name: "ca_cert_source", fields: ["trustedCa", "caCertificateProviderInstance", "systemRootCerts"] }] },
);
export type CertificateValidationContext = Infer<typeof CertificateValidationContext>;

/** What both sides of TLS have in common. */
export const CommonTlsContext = message(
  `${T}.CommonTlsContext`,
  {
    tlsParams: orEmpty(TlsParameters),
    tlsCertificates: list(TlsCertificate),
    tlsCertificateSdsSecretConfigs: list(SdsSecretConfig),
    tlsCertificateProviderInstance: unsupported(NO_PROVIDER),
    tlsCertificateCertificateProvider: unsupported(NO_PROVIDER),
    tlsCertificateCertificateProviderInstance: unsupported(NO_PROVIDER),
    customTlsCertificateSelector: unsupported("certificates are chosen by name"),
    /** Unset: peers are not asked for a certificate, or it is not looked at. */
    validationContext: CertificateValidationContext,
    validationContextSdsSecretConfig: SdsSecretConfig,
    /** A secret's context, with what this one adds. */
    combinedValidationContext: message(`${T}.CommonTlsContext.CombinedCertificateValidationContext`, {
      defaultValidationContext: required(CertificateValidationContext),
      validationContextSdsSecretConfig: required(SdsSecretConfig),
      validationContextCertificateProvider: unsupported(NO_PROVIDER),
      validationContextCertificateProviderInstance: unsupported(NO_PROVIDER),
    }),
    validationContextCertificateProvider: unsupported(NO_PROVIDER),
    validationContextCertificateProviderInstance: unsupported(NO_PROVIDER),
    /** By preference: `h2`, `http/1.1`. Default: no ALPN. */
    alpnProtocols: list(string({ minLength: 1, maxBytes: 255 })),
    customHandshaker: unsupported("there is one handshaker"),
    keyLog: unsupported("session keys are not written anywhere"),
  },
  {
    oneofs: [
      {
        name: "validation_context_type",
        fields: [
          "validationContext",
          "validationContextSdsSecretConfig",
          "combinedValidationContext",
          "validationContextCertificateProvider",
          "validationContextCertificateProviderInstance",
        ],
      },
    ],
  },
);
export type CommonTlsContext = Infer<typeof CommonTlsContext>;

/** TLS of a filter chain: the type of its `transport_socket`. */
export const DownstreamTlsContext = message(
  DOWNSTREAM_TLS,
  {
    commonTlsContext: orEmpty(CommonTlsContext),
    /** Without a certificate the handshake fails. Default false: with a validation context, clients may show one. */
    requireClientCertificate: boolValue({ default: false }),
    requireSni: unsupported("Envoy does not implement it either", ["false"]),
    sessionTicketKeys: TlsSessionTicketKeys,
    sessionTicketKeysSdsSecretConfig: SdsSecretConfig,
    /** No session tickets. Default false. */
    disableStatelessSessionResumption: bool(),
    /** Without effect: sessions are resumed by tickets alone. */
    disableStatefulSessionResumption: bool({ default: false }),
    /** Milliseconds that a session can be resumed for. Default 300,000. */
    sessionTimeout: duration({ min: 0, below: 4_294_967_296_000, default: 300_000 }),
    /** What is done about certificates without a good OCSP response. Default LENIENT_STAPLING. */
    ocspStaplePolicy: enumOf(["LENIENT_STAPLING", "STRICT_STAPLING", "MUST_STAPLE"], { default: "LENIENT_STAPLING" }),
    /** With a name that no certificate has, the best of all is taken instead of the first. Default false. */
    fullScanCertsOnSniMismatch: boolValue({ default: false }),
    preferClientCiphers: unsupported("the server's order counts", ["false"]),
  },
  {
    oneofs: [
      {
        name: "session_ticket_keys_type",
        fields: ["sessionTicketKeys", "sessionTicketKeysSdsSecretConfig", "disableStatelessSessionResumption"],
      },
    ],
    check({ commonTlsContext: common, requireClientCertificate }, complain) {
      if (common.tlsCertificates.length === 0 && common.tlsCertificateSdsSecretConfigs.length === 0) {
        complain("found no certificate, wanted tls_certificates or tls_certificate_sds_secret_configs", "commonTlsContext");
      }
      if (common.tlsCertificates.length > 0 && common.tlsCertificateSdsSecretConfigs.length > 0) {
        complain("found certificates and secrets, wanted only one of them", "commonTlsContext");
      }
      const validated = common.validationContext ?? common.validationContextSdsSecretConfig ?? common.combinedValidationContext;
      if (requireClientCertificate && validated === undefined) {
        complain("found no validation context, wanted one to look at the client's certificate with", "requireClientCertificate");
      }
    },
  },
);
export type DownstreamTlsContext = Infer<typeof DownstreamTlsContext>;

/** TLS of a cluster: the type of its `transport_socket`. */
export const UpstreamTlsContext = message(
  UPSTREAM_TLS,
  {
    commonTlsContext: orEmpty(CommonTlsContext),
    /** The name that is asked for. Default "": none, unless `auto_host_sni` or the cluster's `auto_sni` gives one. */
    sni: string({ maxBytes: 255, default: "" }),
    /** Asks for the endpoint's `hostname`. Default false. */
    autoHostSni: bool({ default: false }),
    /** The name that is asked for must be one of the certificate's DNS names. Default false. */
    autoSniSanValidation: bool({ default: false }),
    allowRenegotiation: unsupported("renegotiation is refused", ["false"]),
    /** Sessions kept for resumption. Default 1; 0: none. */
    maxSessionKeys: uint32Value({ default: 1 }),
    enforceRsaKeyUsage: unsupported("the platform decides", ["false"]),
  },
  {
    check({ commonTlsContext: common }, complain) {
      if (common.tlsCertificates.length + common.tlsCertificateSdsSecretConfigs.length > 1) {
        complain("found several client certificates, wanted one at most", "commonTlsContext");
      }
    },
  },
);
export type UpstreamTlsContext = Infer<typeof UpstreamTlsContext>;

/** Something that others refer to by name. */
export const Secret = message(
  `${T}.Secret`,
  {
    /** Unique. Default "". */
    name: string({ default: "" }),
    tlsCertificate: TlsCertificate,
    sessionTicketKeys: TlsSessionTicketKeys,
    validationContext: CertificateValidationContext,
    genericSecret: message(`${T}.GenericSecret`, { secret: DataSource, secrets: unsupported("one secret each") }),
  },
  { oneofs: [{ name: "type", fields: ["tlsCertificate", "sessionTicketKeys", "validationContext", "genericSecret"] }] },
);
export type Secret = Infer<typeof Secret>;

/** The file of a `path_config_source`. */
export const SecretFile = message("envoy.service.discovery.v3.DiscoveryResponse", {
  versionInfo: string({ default: "" }),
  resources: list(any()),
  canary: bool(),
  typeUrl: string(),
  nonce: string(),
  controlPlane: unsupported("a file has none"),
  resourceErrors: unsupported("a file has none"),
});
export type SecretFile = Infer<typeof SecretFile>;
