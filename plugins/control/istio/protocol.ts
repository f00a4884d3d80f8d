/** Application protocols that Istio knows. Istio: `protocol.Instance`. */
export type Protocol =
  "TCP" | "UDP" | "GRPC" | "GRPC-WEB" | "HTTP" | "HTTP_PROXY" | "HTTP2" | "HTTPS" | "TLS" | "MONGO" | "REDIS" | "MYSQL";

const PROTOCOLS: ReadonlySet<string> = new Set<Protocol>([
  "TCP",
  "UDP",
  "GRPC",
  "GRPC-WEB",
  "HTTP",
  "HTTP_PROXY",
  "HTTP2",
  "HTTPS",
  "TLS",
  "MONGO",
  "REDIS",
  "MYSQL",
]);

/** A protocol by its name in any case; undefined for an unknown one. */
export function parseProtocol(text: string): Protocol | undefined {
  const name = text.toUpperCase();
  return PROTOCOLS.has(name) ? (name as Protocol) : undefined;
}

/** Whether requests are seen: plain HTTP of some kind. */
export function isHttp(protocol: Protocol | undefined): boolean {
  return (
    protocol === "HTTP" || protocol === "HTTP2" || protocol === "HTTP_PROXY" || protocol === "GRPC" || protocol === "GRPC-WEB"
  );
}

/** Whether its requests go by HTTP/2. Istio: `IsHTTP2`. */
export function isHttp2(protocol: Protocol | undefined): boolean {
  return protocol === "HTTP2" || protocol === "GRPC" || protocol === "GRPC-WEB";
}

/** Whether it is spoken over TLS. */
export function isTls(protocol: Protocol | undefined): boolean {
  return protocol === "HTTPS" || protocol === "TLS";
}

/** Kubernetes: "Application protocol" of a Service. */
const STANDARD_APP_PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ["kubernetes.io/h2c", "HTTP2"],
  ["kubernetes.io/ws", "HTTP"],
  ["kubernetes.io/wss", "HTTPS"],
]);

// SMTP, DNS, MySQL and MongoDB.
const WELL_KNOWN_TCP_PORTS: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

/** The protocol of a port of a Service: `appProtocol`, else the beginning of its name. Undefined when neither tells. Istio: `ConvertProtocol`. */
export function servicePortProtocol(port: {
  readonly port: number;
  readonly name: string | undefined;
  readonly protocol: string;
  readonly appProtocol: string | undefined;
}): Protocol | undefined {
  if (port.protocol === "UDP") return "UDP";
  const standard = STANDARD_APP_PROTOCOLS.get(port.appProtocol ?? "");
  if (standard !== undefined) return standard;
  const name = port.appProtocol ?? port.name ?? "";
  if (name.toLowerCase().startsWith("grpc-web")) return "GRPC-WEB";
  const dash = name.indexOf("-");
  return parseProtocol(dash < 0 ? name : name.slice(0, dash)) ?? (WELL_KNOWN_TCP_PORTS.has(port.port) ? "TCP" : undefined);
}
