import type { DecodeContext } from "../../../../core/resources/schema/index.ts";
import type { MeshObject } from "../object.ts";
import { validateDestinationRule } from "./destination-rule.ts";
import { validateGateway } from "./gateway.ts";
import { validateEndpoints, validateEndpointSlice, validateSecret, validateService } from "./kubernetes.ts";
import { Report } from "./report.ts";
import { validateServiceEntry, validateWorkloadEntry } from "./service-entry.ts";
import { validateVirtualService } from "./virtual-service.ts";

/**
 * Checks what fields can't say on their own: the rules by which Istio's webhook, and for its own kinds Kubernetes' API server, refuse an object.
 * The object was read without mistakes. Source: `pkg/config/validation` of Istio.
 */
export function validateObject(object: MeshObject, context: DecodeContext): void {
  const report = new Report(object.node, context);
  switch (object.kind) {
    case "VirtualService":
      return validateVirtualService(object, report);
    case "Gateway":
      return validateGateway(object, report);
    case "DestinationRule":
      return validateDestinationRule(object, report);
    case "ServiceEntry":
      return validateServiceEntry(object, report);
    case "WorkloadEntry":
      return validateWorkloadEntry(object, report);
    case "Service":
      return validateService(object, report);
    case "Endpoints":
      return validateEndpoints(object, report);
    case "EndpointSlice":
      return validateEndpointSlice(object, report);
    case "Secret":
      return validateSecret(object, report);
    case "Pod":
    case "Namespace":
      return undefined;
  }
}
