/** How bad a finding is. Istio: `diag.Level`. */
export type Severity = "error" | "warning" | "info";

/** One of Istio's codes. */
export interface AnalysisCode {
  /** Istio's name of it. */
  readonly name: string;
  readonly severity: Severity;
}

/** The codes that are found here, with Istio's names and severities. Source: `pkg/config/analysis/msg/messages.yaml` of Istio. */
export const CODES = {
  IST0101: { name: "ReferencedResourceNotFound", severity: "error" },
  IST0106: { name: "SchemaValidationError", severity: "error" },
  IST0109: { name: "ConflictingMeshGatewayVirtualServiceHosts", severity: "error" },
  IST0112: { name: "VirtualServiceDestinationPortSelectorRequired", severity: "error" },
  IST0118: { name: "PortNameIsNotUnderNamingConvention", severity: "info" },
  IST0128: { name: "NoServerCertificateVerificationDestinationLevel", severity: "warning" },
  IST0129: { name: "NoServerCertificateVerificationPortLevel", severity: "warning" },
  IST0130: { name: "VirtualServiceUnreachableRule", severity: "warning" },
  IST0131: { name: "VirtualServiceIneffectiveMatch", severity: "info" },
  IST0132: { name: "VirtualServiceHostNotFoundInGateway", severity: "warning" },
  IST0133: { name: "SchemaWarning", severity: "warning" },
  IST0134: { name: "ServiceEntryAddressesRequired", severity: "warning" },
  IST0138: { name: "GatewayDuplicateCertificate", severity: "warning" },
  IST0140: { name: "IngressRouteRulesNotAffected", severity: "warning" },
  IST0145: { name: "ConflictingGateways", severity: "error" },
  IST0150: { name: "ExternalNameServiceTypeInvalidPortName", severity: "warning" },
  IST0161: { name: "InvalidGatewayCredential", severity: "error" },
  IST0162: { name: "GatewayPortNotDefinedOnService", severity: "warning" },
  IST0173: { name: "DestinationRuleSubsetNotSelectPods", severity: "error" },
  IST0174: { name: "UnknownDestinationRuleHost", severity: "warning" },
  IST0177: { name: "ConflictingServiceEntryProtocol", severity: "warning" },
} as const satisfies Readonly<Record<string, AnalysisCode>>;

/** A code that the analyzers may report. */
export type CodeName = keyof typeof CODES;
