import type { Analyzer } from "./analyzer.ts";
import { conflictingHosts } from "./analyzers/conflicting-hosts.ts";
import { delegates } from "./analyzers/delegates.ts";
import { destinationHosts } from "./analyzers/destination-hosts.ts";
import { destinationRuleHosts } from "./analyzers/destination-rule-hosts.ts";
import { destinationRuleTls } from "./analyzers/destination-rule-tls.ts";
import { destinationSubsets } from "./analyzers/destination-subsets.ts";
import { gatewayCertificates } from "./analyzers/gateway-certificates.ts";
import { gatewayConflicts } from "./analyzers/gateway-conflicts.ts";
import { gatewayCredentials } from "./analyzers/gateway-credentials.ts";
import { gatewayPorts } from "./analyzers/gateway-ports.ts";
import { ingressSubsets } from "./analyzers/ingress-subsets.ts";
import { serviceEntryAddresses } from "./analyzers/service-entry-addresses.ts";
import { serviceEntryProtocols } from "./analyzers/service-entry-protocols.ts";
import { servicePortNames } from "./analyzers/service-port-names.ts";
import { unreachableRules } from "./analyzers/unreachable-rules.ts";
import { virtualServiceGateways } from "./analyzers/virtual-service-gateways.ts";

/** All analyzers. */
export const ANALYZERS: readonly Analyzer[] = [
  conflictingHosts,
  delegates,
  destinationHosts,
  destinationSubsets,
  ingressSubsets,
  unreachableRules,
  virtualServiceGateways,
  gatewayCertificates,
  gatewayConflicts,
  gatewayCredentials,
  gatewayPorts,
  destinationRuleHosts,
  destinationRuleTls,
  serviceEntryAddresses,
  serviceEntryProtocols,
  servicePortNames,
];
