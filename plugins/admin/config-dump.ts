import { compileRegex } from "../../core/match/regex.ts";
import type { JsonObject, JsonValue } from "../../core/resources/document/scalar.ts";
import type { AdminRequest, AdminResponse } from "./admin-request.ts";
import { json, text } from "./admin-request.ts";
import type { ConfigDumpSource, ConfigEntry } from "./context.ts";
import { redact } from "./redact.ts";
import { isObject, toSnakeCase } from "./snake-case.ts";

const GOOGLEAPIS = "type.googleapis.com/";

/** How a kind of resource is dumped: Envoy's `admin.v3.*ConfigDump`. */
interface Kind {
  /** "ClustersConfigDump". */
  readonly dump: string;
  /** "envoy.config.cluster.v3.Cluster". */
  readonly type: string;
  /** Field of an entry that holds the resource. */
  readonly field: string;
  readonly staticList: string;
  readonly staticType: string;
  readonly dynamicList: string;
  readonly warmingList: string;
  readonly dynamicType: string;
}

const CLUSTERS: Kind = {
  dump: "ClustersConfigDump",
  type: "envoy.config.cluster.v3.Cluster",
  field: "cluster",
  staticList: "static_clusters",
  staticType: "StaticCluster",
  dynamicList: "dynamic_active_clusters",
  warmingList: "dynamic_warming_clusters",
  dynamicType: "DynamicCluster",
};
const ENDPOINTS: Kind = {
  dump: "EndpointsConfigDump",
  type: "envoy.config.endpoint.v3.ClusterLoadAssignment",
  field: "endpoint_config",
  staticList: "static_endpoint_configs",
  staticType: "StaticEndpointConfig",
  dynamicList: "dynamic_endpoint_configs",
  warmingList: "dynamic_endpoint_configs",
  dynamicType: "DynamicEndpointConfig",
};
const LISTENERS: Kind = {
  dump: "ListenersConfigDump",
  type: "envoy.config.listener.v3.Listener",
  field: "listener",
  staticList: "static_listeners",
  staticType: "StaticListener",
  dynamicList: "dynamic_listeners",
  warmingList: "dynamic_listeners",
  dynamicType: "DynamicListener",
};
const ROUTES: Kind = {
  dump: "RoutesConfigDump",
  type: "envoy.config.route.v3.RouteConfiguration",
  field: "route_config",
  staticList: "static_route_configs",
  staticType: "StaticRouteConfig",
  dynamicList: "dynamic_route_configs",
  warmingList: "dynamic_route_configs",
  dynamicType: "DynamicRouteConfig",
};
const SECRETS: Kind = {
  dump: "SecretsConfigDump",
  type: "envoy.extensions.transport_sockets.tls.v3.Secret",
  field: "secret",
  staticList: "static_secrets",
  staticType: "StaticSecret",
  dynamicList: "dynamic_active_secrets",
  warmingList: "dynamic_warming_secrets",
  dynamicType: "DynamicSecret",
};

/** Lists that `resource` may name and that are always empty here. */
const EMPTY_LISTS: ReadonlySet<string> = new Set(["inline_scoped_route_configs", "dynamic_scoped_route_configs"]);

/** `/config_dump` with `resource`, `mask`, `name_regex` and `include_eds`. */
export function configDumpPage(source: ConfigDumpSource, request: AdminRequest): AdminResponse {
  const pattern = request.query.get("name_regex") ?? "";
  const regex = pattern === "" ? undefined : compileRegex(pattern);
  if (typeof regex === "string") return text(`Error while parsing name_regex from ${pattern}: ${regex}`, 400);
  const wanted = (entry: ConfigEntry): boolean => regex === undefined || regex.match(entry.name);
  const sections = makeSections(source, wanted, request.query.has("include_eds") || request.query.has("resource"));
  const mask = parseMask(request.query.get("mask") ?? "");
  const resource = request.query.get("resource");
  if (resource !== undefined && resource !== "") return oneList(sections, resource, mask);
  return json({ configs: sections.map((section) => masked(section.json, mask)) });
}

interface Section {
  readonly json: JsonObject;
  /** Every list that a section of this kind may have, with the type of its entries. */
  readonly lists: ReadonlyMap<string, string>;
}

function makeSections(source: ConfigDumpSource, wanted: (entry: ConfigEntry) => boolean, eds: boolean): Section[] {
  const bootstrap = {
    "@type": GOOGLEAPIS + "envoy.admin.v3.BootstrapConfigDump",
    bootstrap: clean(source.bootstrap),
    last_updated: time(source.lastUpdated),
  };
  return [
    { json: bootstrap, lists: new Map() },
    section(CLUSTERS, source.clusters.filter(wanted)),
    ...(eds ? [section(ENDPOINTS, source.endpoints.filter(wanted))] : []),
    section(LISTENERS, source.listeners.filter(wanted)),
    { json: { "@type": GOOGLEAPIS + "envoy.admin.v3.ScopedRoutesConfigDump" }, lists: new Map() },
    section(ROUTES, source.routes.filter(wanted)),
    section(SECRETS, source.secrets.filter(wanted)),
  ];
}

function section(kind: Kind, entries: readonly ConfigEntry[]): Section {
  const lists: Record<string, JsonObject[]> = {};
  for (const entry of entries) {
    const list = entry.version === undefined ? kind.staticList : entry.status === "warming" ? kind.warmingList : kind.dynamicList;
    (lists[list] ??= []).push(entry.version === undefined ? staticEntry(kind, entry) : dynamicEntry(kind, entry, entry.version));
  }
  const prefix = `${GOOGLEAPIS}envoy.admin.v3.${kind.dump}`;
  return {
    json: { "@type": prefix, ...lists },
    lists: new Map([
      [kind.staticList, `${prefix}.${kind.staticType}`],
      [kind.dynamicList, `${prefix}.${kind.dynamicType}`],
      [kind.warmingList, `${prefix}.${kind.dynamicType}`],
    ]),
  };
}

function resourceOf(kind: Kind, entry: ConfigEntry): JsonObject {
  return { "@type": GOOGLEAPIS + kind.type, ...clean(entry.resource) };
}

function staticEntry(kind: Kind, entry: ConfigEntry): JsonObject {
  const state = { [kind.field]: resourceOf(kind, entry), last_updated: time(entry.lastUpdated) };
  return kind === SECRETS ? { name: entry.name, ...state } : state;
}

function dynamicEntry(kind: Kind, entry: ConfigEntry, version: string): JsonObject {
  const state = { version_info: version, [kind.field]: resourceOf(kind, entry), last_updated: time(entry.lastUpdated) };
  if (kind === LISTENERS) return { name: entry.name, [entry.status === "warming" ? "warming_state" : "active_state"]: state };
  return kind === SECRETS ? { name: entry.name, ...state } : state;
}

function clean(resource: JsonObject): JsonObject {
  return redact(toSnakeCase(resource)) as JsonObject;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** `resource=static_clusters`: the entries of one list, each with its type. */
function oneList(sections: readonly Section[], resource: string, mask: Mask | undefined): AdminResponse {
  for (const { json: dump, lists } of sections) {
    const type = lists.get(resource);
    if (type === undefined) continue;
    const entries = dump[resource];
    if (!Array.isArray(entries) || entries.length === 0) return json({});
    const typed = (entries as readonly JsonValue[]).filter(isObject).map((entry) => ({ "@type": type, ...entry }));
    return json({ configs: typed.map((entry) => masked(entry, mask)) });
  }
  if (EMPTY_LISTS.has(resource)) return json({});
  return text(`${resource} not found in config dump`, 404);
}

/** Paths of a `google.protobuf.FieldMask` as a tree; a leaf (null) keeps all below it. */
interface Mask {
  readonly [field: string]: Mask | null;
}

function parseMask(paths: string): Mask | undefined {
  if (paths === "") return undefined;
  const root: Record<string, Mask | null> = {};
  for (const path of paths.split(",")) {
    let at: Record<string, Mask | null> = root;
    const fields = path.split(".");
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (i === fields.length - 1) at[field] = null;
      else {
        const next = Object.hasOwn(at, field) ? at[field] : undefined;
        if (next === null) break;
        at = (at[field] = next ?? {}) as Record<string, Mask | null>;
      }
    }
  }
  return root;
}

function masked(value: JsonObject, mask: Mask | undefined): JsonObject {
  if (mask === undefined) return value;
  const out: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === "@type") out[key] = member;
    if (!Object.hasOwn(mask, key)) continue;
    const below = mask[key];
    if (below === null) out[key] = member;
    // A mask's path ends at a repeated field: nothing can be chosen within one.
    else if (isObject(member)) out[key] = masked(member, below);
  }
  return out;
}
