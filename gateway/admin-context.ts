import { toJsonObject } from "../core/resources/document/scalar.ts";
import type { JsonObject } from "../core/resources/schema/index.ts";
import { clock } from "../core/transport/clock.ts";
import type { AdminContext, ConfigEntry } from "../plugins/admin/context.ts";
import type { Ask } from "./explain/read-ask.ts";
import type { Gateway } from "./gateway.ts";
import { shownCertificates } from "./shown-certificates.ts";
import { VERSION } from "./version.ts";

/** What the admin pages show of a gateway. */
export function adminContext(gateway: Gateway): AdminContext {
  const { loggers, options } = gateway;
  return {
    stats: () => {
      gateway.beforeStats();
      return gateway.stats;
    },
    loggers,
    log: loggers.get("admin"),
    state: () => gateway.state,
    serverInfo: () => ({
      version: `isthmus/${VERSION}/${process.version}`,
      uptime: clock.wallNow() - gateway.startedAt,
      node: { id: gateway.bootstrap?.node?.id ?? "", cluster: gateway.bootstrap?.node?.cluster ?? "" },
      commandLineOptions: {
        config_path: (options.paths ?? [options.file ?? ""]).join(" "),
        drain_time: `${(options.drainTime ?? 10_000) / 1_000}s`,
      },
    }),
    clusters: () => gateway.clusters.list(),
    listeners: () =>
      gateway.server.listeners
        .filter((l) => l.built.admin !== true)
        .map((l) => ({ name: l.name, address: l.address, port: l.port })),
    configDump: () => configDump(gateway),
    runtime: () => {
      const layers = gateway.bootstrap?.layeredRuntime?.layers ?? [];
      return {
        layers: layers.map((layer) => layer.name),
        entries: gateway.runtime.entries().map(([key, value]) => ({
          key,
          layerValues: layers.map((layer) =>
            shown(lookUp(layer.adminLayer === undefined ? (layer.staticLayer ?? {}) : gateway.adminLayer, key)),
          ),
          finalValue: shown(value),
        })),
      };
    },
    certificates: () => shownCertificates(gateway.tls.shown),
    // What is wrong with the question is for `readAsk` to say.
    explain: (ask) => gateway.explain(ask as Ask),
    memory: () => {
      const usage = process.memoryUsage();
      return { allocated: usage.heapUsed, heapSize: usage.heapTotal, physical: usage.rss };
    },
    drain: ({ graceful, inboundOnly, skipExit }) => {
      if (skipExit) gateway.server.drainConnections(inboundOnly);
      else gateway.server.closeListeners({ graceful, inboundOnly });
    },
    quit: () => options.onQuit?.(),
    setHealthy: (healthy) => {
      gateway.healthy = healthy;
      gateway.server.failHealthChecks(!healthy);
    },
    reopenLogs: () => gateway.logFiles.reopen(),
    resetCounters: () => gateway.stats.resetCounters(),
    get modifyRuntime() {
      return gateway.bootstrap?.layeredRuntime?.layers.some((layer) => layer.adminLayer !== undefined) === true
        ? (values: ReadonlyMap<string, string>) => gateway.modifyRuntime(values)
        : undefined;
    },
  };
}

function lookUp(layer: Readonly<Record<string, unknown>>, key: string): unknown {
  if (key in layer) return layer[key];
  for (let dot = key.indexOf("."); dot > 0; dot = key.indexOf(".", dot + 1)) {
    const inner = layer[key.slice(0, dot)];
    if (typeof inner === "object" && inner !== null)
      return lookUp(inner as Readonly<Record<string, unknown>>, key.slice(dot + 1));
  }
  return undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

type Json = { readonly [key: string]: unknown };

/** The document as it was written, with what Istio's objects were translated to: made for the page, because nothing else wants it in that form. */
function configDump(gateway: Gateway): ReturnType<AdminContext["configDump"]> {
  const root = gateway.configuration?.root;
  const bootstrap: JsonObject = root?.kind === "map" ? toJsonObject(root) : {};
  const lastUpdated = gateway.bootstrapTime;
  const resources = (pick(bootstrap, "static_resources", "staticResources") ?? {}) as Json;
  const list = (name: string): readonly Json[] => (resources[name] as readonly Json[] | undefined) ?? [];
  const entry = (resource: Json): ConfigEntry => ({
    name: String(resource["name"] ?? ""),
    resource: resource as JsonObject,
    lastUpdated,
  });
  const routes: ConfigEntry[] = [];
  for (const listener of list("listeners")) {
    for (const chain of (pick(listener, "filter_chains", "filterChains") ?? []) as readonly Json[]) {
      for (const filter of (chain["filters"] ?? []) as readonly Json[]) {
        const config = pick(filter, "typed_config", "typedConfig") as Json | undefined;
        const route = config === undefined ? undefined : (pick(config, "route_config", "routeConfig") as Json | undefined);
        if (route !== undefined) routes.push(entry(route));
      }
    }
  }
  return {
    bootstrap,
    lastUpdated,
    clusters: list("clusters").map(entry),
    listeners: list("listeners").map(entry),
    routes,
    endpoints: list("clusters").flatMap((cluster) => {
      const assignment = pick(cluster, "load_assignment", "loadAssignment") as Json | undefined;
      return assignment === undefined
        ? []
        : [
            {
              name: String(pick(assignment, "cluster_name", "clusterName") ?? ""),
              resource: assignment as JsonObject,
              lastUpdated,
            },
          ];
    }),
    secrets: [],
  };
}

function pick(object: Json, snake: string, camel: string): unknown {
  return object[snake] ?? object[camel];
}
