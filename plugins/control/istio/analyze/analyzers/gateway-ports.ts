import type { Analyzer } from "../analyzer.ts";
import { selects, selectorText } from "../selector.ts";

/** Labels of the ingress gateway that Istio's profiles install: nobody has its Pods in files. */
const INGRESS_GATEWAY = { app: "istio-ingressgateway", istio: "ingressgateway" };

/**
 * Gateways that select no workload, and ports of theirs that no Service of the selected workloads has. Only when there are Pods: files
 * mostly leave them out.
 */
export const gatewayPorts: Analyzer = {
  name: "gateway.IngressGatewayPortAnalyzer",
  codes: ["IST0101", "IST0162"],
  analyze(mesh, findings) {
    if (mesh.pods.length === 0) return;
    for (const object of mesh.gateways) {
      const { spec } = object;
      const pods = mesh.pods.filter((pod) => selects(spec.selector, pod.labels));
      const selector = selectorText(spec.selector);
      if (pods.length === 0 && selects(spec.selector, INGRESS_GATEWAY)) continue;
      if (pods.length === 0) {
        findings.add("IST0101", object, spec, ["selector"], `selector "${selector}" not found: no Pod has these labels`);
        continue;
      }
      const ports = new Set<number>();
      for (const service of mesh.services) {
        const own = pods.some(
          (pod) =>
            pod.namespace === service.namespace &&
            Object.keys(service.spec.selector).length > 0 &&
            selects(service.spec.selector, pod.labels),
        );
        if (!own) continue;
        for (const port of service.spec.ports) {
          if (port.protocol !== "TCP") continue;
          ports.add(port.port);
          if (typeof port.targetPort === "number") ports.add(port.targetPort);
        }
      }
      for (const server of spec.servers) {
        if (ports.has(server.port.number)) continue;
        const message = `port ${server.port.number} is not one of a Service of the workloads that "${selector}" selects`;
        findings.add("IST0162", object, server.port, ["number"], message);
      }
    }
  },
};
