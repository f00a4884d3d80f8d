import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { canHoldSockets } from "../core/transport/connection.ts";
import { type ExplainArguments, parseExplain } from "./explain/arguments.ts";
import { NODE_OPTIONS, type NodeArguments, nodeArguments } from "./node-arguments.ts";

/** What the command line asked for. */
export type Command =
  | { readonly kind: "gateway"; readonly options: GatewayArguments }
  | {
      readonly kind: "analyze";
      readonly paths: readonly string[];
      readonly json: boolean;
      readonly allowUnsupported: boolean;
      readonly namespace: string;
    }
  | { readonly kind: "explain"; readonly options: ExplainArguments }
  | { readonly kind: "translate"; readonly options: NodeArguments; /** "-": standard output. */ readonly output: string }
  /** Processes of `--workers` and `--hot-restart`, started by a running gateway only. */
  | { readonly kind: "worker" | "successor" }
  | { readonly kind: "demo"; readonly options: DemoArguments }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly message: string };

/** Options of `isthmus gateway`. */
export interface GatewayArguments extends NodeArguments {
  /** `--to http://HOST:PORT`: everything goes there. */
  readonly to: string;
  readonly port: number;
  /** Where the admin port is: undefined = as the bootstrap says. */
  readonly adminPort: number | undefined;
  readonly watch: boolean;
  readonly plugins: readonly string[];
  readonly logLevel: string;
  /** ms. */
  readonly drainTime: number;
  /** `--workers`: processes that serve below one that supervises; 0: this process serves itself. */
  readonly workers: number;
  /** `--hot-restart`: takes over from the gateway that runs, if one does, and lets itself be taken over from. */
  readonly hotRestart: boolean;
  /** `--base-id`: tells gateways apart that can be taken over from. */
  readonly baseId: number;
}

/** Where the example listens. */
export interface DemoPorts {
  readonly port: number;
  readonly tlsPort: number;
  /** The gateway's inner port; the six services are on those that follow. */
  readonly servicesPort: number;
}

/** Options of `isthmus demo`. */
export interface DemoArguments extends DemoPorts {
  /** undefined: 15000. */
  readonly adminPort: number | undefined;
}

/** What `isthmus --help` prints. */
export const HELP = `isthmus: a service mesh and API gateway

  isthmus gateway PATH...         run files and folders: an Envoy bootstrap, Istio's and Kubernetes' objects, or both
  isthmus gateway --to URL        put a gateway in front of one service, without a file
  isthmus analyze PATH...         print every mistake in files and folders: an Envoy bootstrap, Istio's and Kubernetes' objects;
                                  exits 1 if there is an error
  isthmus explain METHOD URL PATH...
                                  print how a request is decided about by these files and folders, and why; nothing is sent
  isthmus translate PATH...       write Istio's objects as a bootstrap that Envoy runs; exits 1 if there is an error
  isthmus demo                    Bookinfo: a gateway on 8080 and 8443, Istio's rules, and six small services behind it

Options of gateway:
  --port N              port for --to (8080)
  --watch               apply edits of files, folders and plugins while running
  --label KEY=VALUE     label of this gateway, for Gateway.selector; may be repeated (istio=ingressgateway)
  --namespace NAME      namespace of this gateway, and of objects that name none (default)
  --map PORT:PORT       listen elsewhere than at the port of a Gateway: --map 80:8080; may be repeated
  --address IP          where Gateways without "bind" listen (0.0.0.0)
  --plugin PATH         load a plugin by path; may be repeated
  --admin-port N        admin port on 127.0.0.1 (the bootstrap's, else 15000; 0: any)
  --allow-unsupported   fields that Envoy knows and Isthmus does not do are warnings
  --log-level LEVEL     trace, debug, info, warning, error, critical, off (info)
  --drain-time S        seconds that connections have to finish after SIGTERM (10)
  --workers N           serve with N processes (auto: one for each core); one that fails is replaced at once
  --hot-restart         take over the sockets of the gateway that runs with --hot-restart, if one does; it drains
  --base-id N           which one, where there are several (0)

Options of translate:
  -o, --output FILE     where to write (standard output)
  --label, --namespace, --map, --address, --allow-unsupported   as above

Options of analyze:
  --json                as JSON
  --namespace NAME      namespace of objects that name none (default)
  --allow-unsupported   as above

Options of explain:
  -H 'NAME: VALUE'      a header of the request; may be repeated
  --proxy ADDRESS       ask a running gateway by its admin port, in place of PATH...
  --from IP             address of the client (127.0.0.1)
  --sni NAME            server name in the TLS handshake (the URL's host)
  --alpn PROTOCOL       protocol offered in it; may be repeated (http/1.1)
  --port N              port of the listener, when it is not the URL's
  --listener NAME       the listener by its name
  --data N              the request has a body of N bytes
  --all                 every route that was looked at, one by one
  --json                as JSON
  --plugin, --label, --namespace, --map, --address, --allow-unsupported   as above

Options of demo:
  --port N, --tls-port N, --admin-port N   other ports than 8080, 8443, 15000
  --services-port N                        the first of seven ports on 127.0.0.1 (9080)

Signals: SIGTERM and SIGINT drain and end, SIGHUP reloads, SIGUSR1 and SIGUSR2 reopen logs.
`;

/** A whole number within bounds, or a sentence. */
function wholeNumber(name: string, text: string, min: number, max: number): number | string {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  return `--${name}: found ${JSON.stringify(text)}, wanted a whole number from ${min} to ${max}`;
}

/** Reads the arguments behind the program's name. */
export function parseCommand(argv: readonly string[]): Command {
  const name = argv[0];
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return { kind: "help" };
  if (name === "version" || name === "--version" || name === "-v") return { kind: "version" };
  if (argv.includes("--help") || argv.includes("-h")) return { kind: "help" };
  try {
    switch (name) {
      case "gateway":
        return gateway(argv.slice(1));
      case "translate":
        return translate(argv.slice(1));
      case "analyze":
        return analyze(argv.slice(1));
      case "explain": {
        const options = parseExplain(argv.slice(1));
        return typeof options === "string" ? { kind: "wrong", message: options } : { kind: "explain", options };
      }
      case "demo":
        return demo(argv.slice(1));
      case "worker":
      case "successor":
        return { kind: name };
      default:
        return {
          kind: "wrong",
          message: `found command ${JSON.stringify(name)}, wanted gateway, analyze, explain, translate, demo, help or version`,
        };
    }
  } catch (error) {
    return { kind: "wrong", message: error instanceof Error ? error.message : String(error) };
  }
}

function translate(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...NODE_OPTIONS, output: { type: "string", short: "o" } },
  });
  if (positionals.length === 0) return { kind: "wrong", message: "translate wants at least one file or folder" };
  const options = nodeArguments(values, positionals);
  return typeof options === "string"
    ? { kind: "wrong", message: options }
    : { kind: "translate", options, output: values.output ?? "-" };
}

function gateway(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...NODE_OPTIONS,
      to: { type: "string" },
      port: { type: "string" },
      watch: { type: "boolean" },
      plugin: { type: "string", multiple: true },
      "admin-port": { type: "string" },
      "log-level": { type: "string" },
      "drain-time": { type: "string" },
      workers: { type: "string" },
      "hot-restart": { type: "boolean" },
      "base-id": { type: "string" },
    },
  });
  const wrong = (message: string): Command => ({ kind: "wrong", message });
  const to = values.to ?? "";
  if (positionals.length > 0 && to !== "") return wrong("found a path and --to, wanted one of the two");
  if (positionals.length === 0 && to === "") return wrong("wanted files or folders, or --to URL");
  if (values.port !== undefined && to === "") return wrong("--port goes with --to: a bootstrap has the ports of its listeners");
  const node = nodeArguments(values, positionals);
  if (typeof node === "string") return wrong(node);
  const port = wholeNumber("port", values.port ?? "8080", 0, 65_535);
  if (typeof port === "string") return wrong(port);
  const adminPort = values["admin-port"] === undefined ? undefined : wholeNumber("admin-port", values["admin-port"], 0, 65_535);
  if (typeof adminPort === "string") return wrong(adminPort);
  const drain = wholeNumber("drain-time", values["drain-time"] ?? "10", 0, 86_400);
  if (typeof drain === "string") return wrong(drain);
  const hotRestart = values["hot-restart"] === true;
  const workers =
    values.workers === "auto"
      ? availableParallelism()
      : wholeNumber("workers", values.workers ?? (hotRestart ? "1" : "0"), 0, 1_024);
  if (typeof workers === "string") return wrong(`${workers}, or auto`);
  if (hotRestart && workers === 0) return wrong("--hot-restart: found --workers 0, wanted at least 1");
  const baseId = wholeNumber("base-id", values["base-id"] ?? "0", 0, 1_000_000);
  if (typeof baseId === "string") return wrong(baseId);
  if (workers > 0 && !canHoldSockets)
    return wrong("--workers and --hot-restart want Node on Linux or macOS: elsewhere sockets can't be shared among processes");
  return {
    kind: "gateway",
    options: {
      ...node,
      to,
      port,
      adminPort,
      watch: values.watch === true,
      plugins: values.plugin ?? [],
      logLevel: values["log-level"] ?? "info",
      drainTime: drain * 1_000,
      workers,
      hotRestart,
      baseId,
    },
  };
}

function analyze(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: "boolean" }, namespace: { type: "string" }, "allow-unsupported": { type: "boolean" } },
  });
  if (positionals.length === 0) return { kind: "wrong", message: "analyze wants at least one file or folder" };
  return {
    kind: "analyze",
    paths: positionals,
    namespace: values.namespace ?? "default",
    json: values.json === true,
    allowUnsupported: values["allow-unsupported"] === true,
  };
}

function demo(args: readonly string[]): Command {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { port: text, "tls-port": text, "services-port": text, "admin-port": text },
  });
  const port = wholeNumber("port", values.port ?? "8080", 1, 65_535);
  if (typeof port === "string") return { kind: "wrong", message: port };
  const tlsPort = wholeNumber("tls-port", values["tls-port"] ?? "8443", 1, 65_535);
  if (typeof tlsPort === "string") return { kind: "wrong", message: tlsPort };
  const servicesPort = wholeNumber("services-port", values["services-port"] ?? "9080", 1, 65_529);
  if (typeof servicesPort === "string") return { kind: "wrong", message: servicesPort };
  const adminPort = values["admin-port"] === undefined ? undefined : wholeNumber("admin-port", values["admin-port"], 0, 65_535);
  if (typeof adminPort === "string") return { kind: "wrong", message: adminPort };
  return { kind: "demo", options: { port, tlsPort, servicesPort, adminPort } };
}
