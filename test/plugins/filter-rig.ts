import type {
  FilterDefinition,
  FilterScope,
  HttpFilter,
  ResourceSchema,
  ServiceKey,
  StandardSchema,
} from "../../core/contract/filter.ts";
import type { Route } from "../../core/contract/route.ts";
import { Runtime } from "../../core/filter/runtime.ts";
import { validateConfig } from "../../core/filter/loader/validate-config.ts";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { decodeText, formatErrors, type Schema } from "../../core/resources/schema/index.ts";
import type { RequestScript, Trace, UpstreamScript } from "./chain-driver.ts";
import { httpStreamDriver } from "./http-stream-driver.ts";

/** How a filter is set up. */
export interface RigOptions {
  /** YAML of the filter's configuration. Default: none. */
  readonly config?: string;
  /** YAML of the per-route configurations, least specific first. Default: none. */
  readonly route?: readonly string[];
  /** The cluster that the route goes to, "" for a route that answers itself. Default "test". */
  readonly cluster?: string;
  /** Further fields of the compiled route. */
  readonly routeFields?: Readonly<Record<string, unknown>>;
  /** `layered_runtime`, by dotted keys. */
  readonly runtime?: Readonly<Record<string, unknown>>;
  readonly services?: ReadonlyMap<string, unknown>;
}

export interface FilterRig {
  readonly filter: HttpFilter<unknown>;
  /** Sends a request through the filter; the upstream answers 200 unless the script says otherwise. */
  send(request?: Partial<RequestScript>, upstream?: Partial<UpstreamScript>, clientLeaves?: boolean): Promise<Trace>;
  /** Value of a counter or gauge below `http.in.`. */
  stat(name: string): number;
}

/** Builds one filter as a server would, and lets requests through it. Throws when the configuration is refused. */
export function filterRig<C, S, R>(definition: FilterDefinition<C, S, R>, options: RigOptions = {}): FilterRig {
  const store = new StatsStore();
  const stats = store.scope("http", "in", "envoy.http_conn_manager_prefix");
  const scope: FilterScope = {
    name: definition.id,
    slot: 0,
    stats,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    runtime: new Runtime([options.runtime ?? {}]),
    services: { get: <T>(key: ServiceKey<T>) => options.services?.get(key.id) as T | undefined },
  };
  const config = read(definition, options.config, "config") as C;
  const filter = definition.create(config, scope) as HttpFilter<unknown>;
  const levels = (options.route ?? []).map((text) => read(definition, text, "routeConfig") as R);
  const cluster = options.cluster ?? "test";
  const route: Route & { action: string; selectCluster(): { cluster: string } } = {
    name: "test",
    virtualHost: "test",
    config: levels.length === 0 ? [] : [compileRoute(definition, levels, scope)],
    metadata: undefined,
    resource: {},
    action: cluster === "" ? "redirect" : "route",
    selectCluster: () => ({ cluster }),
    ...options.routeFields,
  };
  const limits = typeof definition.buffer === "function" ? definition.buffer(config) : definition.buffer;
  return {
    filter,
    send: (request = {}, upstream = {}, clientLeaves = false) =>
      httpStreamDriver.run({
        filters: [{ name: definition.id, filter: filter as HttpFilter<never>, onError: definition.onError, buffer: limits }],
        request: { method: "GET", path: "/", headers: [], body: [], trailers: null, ...request },
        upstream: { informational: [], status: 200, headers: [], body: [], trailers: null, breaksOff: false, ...upstream },
        route,
        clientLeaves,
        untilComplete: !clientLeaves,
        whenIdle: nothing,
        log: nothing,
      }),
    stat: (name) => [...store.counters, ...store.gauges].find((series) => series.name === `http.in.${name}`)?.value ?? 0,
  };
}

function nothing(): void {}

function compileRoute<C, S, R>(definition: FilterDefinition<C, S, R>, levels: readonly R[], scope: FilterScope): unknown {
  const merged = (definition.mergeRouteConfig?.(levels) ?? levels.at(-1)) as R;
  return definition.createRouteConfig?.(merged, scope) ?? merged;
}

function read<C, S, R>(
  definition: FilterDefinition<C, S, R>,
  text: string | undefined,
  which: "config" | "routeConfig",
): unknown {
  const schema: StandardSchema<unknown> | ResourceSchema<unknown> | undefined =
    which === "routeConfig" ? (definition.routeConfig ?? definition.config) : definition.config;
  if (schema === undefined || "~standard" in schema) {
    const result = validateConfig(definition as never, text === undefined ? undefined : JSON.parse(text), which, which);
    if (result.issues !== undefined) throw new Error(result.issues.map((issue) => issue.message).join("\n"));
    return result.value;
  }
  const { value, errors } = decodeText(schema as Schema<unknown, unknown>, text ?? "{}", { file: "test.yaml" });
  if (value === undefined) throw new Error(formatErrors(errors));
  return value;
}
