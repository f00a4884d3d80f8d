import { isIP } from "../core/resources/ip.ts";

/** For whom Istio's objects are translated. */
export interface NodeArguments {
  /** Files and folders; none with `to`. */
  readonly paths: readonly string[];
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where to listen, by the port of a Gateway's server. */
  readonly ports: Readonly<Record<number, number>>;
  /** undefined: everywhere. */
  readonly address: string | undefined;
  readonly allowUnsupported: boolean;
}

/** The gateway that Istio's files mostly mean. */
export const INGRESS_GATEWAY: NodeArguments = {
  paths: [],
  namespace: "default",
  labels: { istio: "ingressgateway" },
  ports: {},
  address: undefined,
  allowUnsupported: false,
};

/** Options that say who the gateway is. */
export const NODE_OPTIONS = {
  label: { type: "string", multiple: true },
  namespace: { type: "string" },
  map: { type: "string", multiple: true },
  address: { type: "string" },
  "allow-unsupported": { type: "boolean" },
} as const;

/** What `parseArgs` makes of them. */
export interface NodeValues {
  readonly label?: readonly string[] | undefined;
  readonly namespace?: string | undefined;
  readonly map?: readonly string[] | undefined;
  readonly address?: string | undefined;
  readonly "allow-unsupported"?: boolean | undefined;
}

/** Reads the options that say who the gateway is, or says what is wrong. */
export function nodeArguments(values: NodeValues, paths: readonly string[]): NodeArguments | string {
  const labels: Record<string, string> = {};
  for (const label of values.label ?? ["istio=ingressgateway"]) {
    const at = label.indexOf("=");
    if (at <= 0) return `--label: found ${JSON.stringify(label)}, wanted KEY=VALUE`;
    labels[label.slice(0, at)] = label.slice(at + 1);
  }
  const ports: Record<number, number> = {};
  for (const map of values.map ?? []) {
    const match = /^(\d{1,5}):(\d{1,5})$/.exec(map);
    const [from, to] = [Number(match?.[1]), Number(match?.[2])];
    if (!(from >= 1 && from <= 65_535 && to <= 65_535)) {
      return `--map: found ${JSON.stringify(map)}, wanted two ports: the Gateway's, and where to listen (80:8080)`;
    }
    if (ports[from] !== undefined && ports[from] !== to) return `--map: found port ${from} twice, wanted one place for it`;
    ports[from] = to;
  }
  if (values.address !== undefined && isIP(values.address) === 0)
    return `--address: found ${JSON.stringify(values.address)}, wanted an IP address`;
  const namespace = values.namespace ?? "default";
  if (namespace === "") return "--namespace: found nothing, wanted a name";
  const allowUnsupported = values["allow-unsupported"] === true;
  return { paths, namespace, labels, ports, address: values.address, allowUnsupported };
}
