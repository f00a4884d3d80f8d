import type { AdminRequest, AdminResponse } from "./admin-request.ts";
import { HTML, json, parseQuery, text } from "./admin-request.ts";
import { addressJson, clustersPage } from "./clusters-page.ts";
import { configDumpPage } from "./config-dump.ts";
import type { AdminContext } from "./context.ts";
import { loggingPage } from "./logging-page.ts";
import { prometheusPage, statsPage } from "./stats-pages.ts";

/** A page of the admin port. */
interface Page {
  readonly path: string;
  /** Changes something, hence wants POST. */
  readonly post?: boolean;
  /** Its body is JSON, no form. */
  readonly json?: boolean;
  readonly help: string;
  readonly parameters?: ReadonlyArray<readonly [name: string, help: string]>;
  readonly handle: (context: AdminContext, request: AdminRequest) => AdminResponse;
}

const FILTER = ["filter", "show names in which this regular expression (RE2) matches"] as const;
const INVERT = ["invert_filter", "show the names in which it does not match instead"] as const;
const USED_ONLY = ["usedonly", "leave out what was never written"] as const;

const OK = text("OK\n");

/** All pages, by path. */
const PAGES: readonly Page[] = [
  { path: "/", help: "this list, to click on", handle: () => ({ status: 200, contentType: HTML, body: homePage() }) },
  { path: "/certs", help: "certificates in use", handle: (context) => json({ certificates: context.certificates() }) },
  {
    path: "/clusters",
    help: "clusters with their endpoints and circuit breakers",
    parameters: [FILTER, ["format", "text or json"]],
    handle: (context, request) => clustersPage(context.clusters(), request),
  },
  {
    path: "/config_dump",
    help: "the configuration in force, without secrets",
    parameters: [
      ["resource", "one list of it, such as static_clusters"],
      ["mask", "fields to show, as a google.protobuf.FieldMask"],
      ["name_regex", "resources whose whole name this expression (RE2) matches"],
      ["include_eds", "endpoints, too"],
    ],
    handle: (context, request) => configDumpPage(context.configDump(), request),
  },
  {
    path: "/drain_listeners",
    post: true,
    help: "drain and close listeners",
    parameters: [
      ["graceful", "accept over the drain time first, while responses end connections"],
      ["skip_exit", "drain connections, but go on listening"],
      ["inboundonly", "only listeners for inbound traffic"],
    ],
    handle: drain,
  },
  {
    path: "/explain",
    post: true,
    json: true,
    help: "how a request would be decided about, and why: a JSON object in, as isthmus explain makes it, and one out",
    handle: explain,
  },
  {
    path: "/healthcheck/fail",
    post: true,
    help: "answer health checks with a failure",
    handle: (context) => setHealthy(context, false),
  },
  {
    path: "/healthcheck/ok",
    post: true,
    help: "answer health checks normally again",
    handle: (context) => setHealthy(context, true),
  },
  { path: "/help", help: "this list", handle: () => text("admin commands are:\n" + helpText()) },
  { path: "/hot_restart_version", help: "which processes may take over from one another", handle: () => text("disabled") },
  {
    path: "/listeners",
    help: "listeners and their addresses",
    parameters: [["format", "text or json"]],
    handle: listeners,
  },
  {
    path: "/logging",
    post: true,
    help: "show and change the levels of the log",
    parameters: [
      ["paths", "name1:level1,name2:level2,..."],
      ["level", "a level for all of them"],
    ],
    handle: (context, request) => {
      const page = loggingPage(context.loggers, request);
      if (page.status === 200 && request.query.size > 0)
        context.log.info(`log levels changed by the admin port: ${show(request.query)}`);
      return page;
    },
  },
  { path: "/memory", help: "memory in use", handle: memory },
  { path: "/quitquitquit", post: true, help: "end the process", handle: (context) => (context.quit(), OK) },
  {
    path: "/ready",
    help: "the server's state: 200 when it is LIVE, else 503",
    handle: (context) => text(context.state() + "\n", context.state() === "LIVE" ? 200 : 503),
  },
  { path: "/reopen_logs", post: true, help: "reopen access logs", handle: (context) => (context.reopenLogs(), OK) },
  { path: "/reset_counters", post: true, help: "set all counters to zero", handle: (context) => (context.resetCounters(), OK) },
  { path: "/runtime", help: "runtime values by layer", handle: runtime },
  {
    path: "/runtime_modify",
    post: true,
    help: "set runtime values: ?key=value&...; an empty value removes",
    handle: modifyRuntime,
  },
  { path: "/server_info", help: "version, state and how the server was started", handle: serverInfo },
  {
    path: "/stats",
    help: "counters, gauges and histograms",
    parameters: [
      USED_ONLY,
      FILTER,
      INVERT,
      ["format", "text, json or prometheus"],
      ["type", "All, Counters, Gauges, Histograms or TextReadouts"],
      ["histogram_buckets", "summary, cumulative, disjoint or detailed"],
    ],
    handle: (context, request) => statsPage(context.stats(), request),
  },
  {
    path: "/stats/prometheus",
    help: "the same for Prometheus",
    parameters: [USED_ONLY, FILTER, INVERT, ["histogram_buckets", "cumulative or summary"]],
    handle: (context, request) => prometheusPage(context.stats(), request),
  },
];

const BY_PATH: ReadonlyMap<string, Page> = new Map(PAGES.map((page) => [page.path, page]));

/** Answers a request to the admin port, by Envoy's paths and in its shapes ("Administration interface"). */
export function handleAdmin(request: AdminRequest, context: AdminContext): AdminResponse {
  if (context.allows?.(request.path) === false) return text(`request to path ${request.path} not allowed`, 403);
  const page = BY_PATH.get(request.path);
  if (page === undefined) return text("invalid path. admin commands are:\n" + helpText(), 404);
  if (page.post === true && request.method !== "POST") {
    context.log.error(`admin path ${JSON.stringify(request.path)} changes state and wants POST, not ${request.method}`);
    return text(`Method ${request.method} not allowed, POST required.`, 405);
  }
  if (page.post === true && page.json !== true && request.body !== "") {
    // Forms send their parameters as the body; those of the URL win.
    const query = new Map([...parseQuery(request.body), ...request.query]);
    return page.handle(context, { ...request, query });
  }
  return page.handle(context, request);
}

function show(query: ReadonlyMap<string, string>): string {
  return [...query].map(([name, value]) => `${name}=${value}`).join("&");
}

function helpText(): string {
  let out = "";
  for (const page of PAGES) {
    out += `  ${page.path}${page.post === true ? " (POST)" : ""}: ${page.help}\n`;
    for (const [name, help] of page.parameters ?? []) out += `      ${name}: ${help}\n`;
  }
  return out;
}

function homePage(): string {
  const rows = PAGES.filter((page) => page.path !== "/").map(({ path, post, help }) => {
    const name = path.slice(1);
    const link =
      post === true ? `<form method="post" action="${name}"><button>${name}</button></form>` : `<a href="${name}">${name}</a>`;
    return `<tr><td>${link}</td><td>${help}</td></tr>\n`;
  });
  return `<!DOCTYPE html>\n<html lang="en">\n<head><title>Isthmus admin</title></head>\n<body>\n<table>\n${rows.join("")}</table>\n</body>\n</html>\n`;
}

function drain(context: AdminContext, { query }: AdminRequest): AdminResponse {
  context.drain({ graceful: query.has("graceful"), inboundOnly: query.has("inboundonly"), skipExit: query.has("skip_exit") });
  return OK;
}

function explain(context: AdminContext, { body }: AdminRequest): AdminResponse {
  let ask: unknown;
  try {
    ask = JSON.parse(Buffer.from(body, "latin1").toString("utf8"));
  } catch {
    return text('found a body that is no JSON, wanted {"method": "GET", "url": "http://example.com/"}\n', 400);
  }
  const answer = context.explain(ask);
  return typeof answer === "string" ? text(answer + "\n", 400) : json(answer);
}

function setHealthy(context: AdminContext, healthy: boolean): AdminResponse {
  context.setHealthy(healthy);
  return OK;
}

function listeners(context: AdminContext, { query }: AdminRequest): AdminResponse {
  const all = context.listeners();
  if (query.get("format") === "json") {
    const statuses = all.map(({ name, address, port }) => {
      const ip = address.startsWith("/") ? "" : address;
      return { name, local_address: addressJson({ address, ip, port }) };
    });
    return json({ listener_statuses: statuses });
  }
  return text(all.map(({ name, address, port }) => `${name}::${addressText(address, port)}\n`).join(""));
}

function addressText(address: string, port: number): string {
  if (address.startsWith("/")) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `admin.v3.Memory`; what only tcmalloc knows is left at zero. */
function memory(context: AdminContext): AdminResponse {
  const { allocated, heapSize, physical } = context.memory();
  return json({
    allocated: String(allocated),
    heap_size: String(heapSize),
    pageheap_unmapped: "0",
    pageheap_free: String(Math.max(0, heapSize - allocated)),
    total_thread_cache: "0",
    total_physical_bytes: String(physical),
  });
}

function runtime(context: AdminContext): AdminResponse {
  const { layers, entries } = context.runtime();
  const values = entries.map(({ key, layerValues, finalValue }) => [key, { final_value: finalValue, layer_values: layerValues }]);
  return json({ entries: Object.fromEntries(values) as unknown, layers });
}

function modifyRuntime(context: AdminContext, { query }: AdminRequest): AdminResponse {
  if (context.modifyRuntime === undefined) return text("No admin layer specified", 503);
  if (query.size === 0) return text("usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n", 400);
  context.modifyRuntime(query);
  return OK;
}

function serverInfo(context: AdminContext): AdminResponse {
  const info = context.serverInfo();
  const uptime = `${Math.floor(info.uptime / 1000)}s`;
  return json({
    version: info.version,
    state: context.state(),
    uptime_current_epoch: uptime,
    uptime_all_epochs: uptime,
    hot_restart_version: "disabled",
    command_line_options: info.commandLineOptions,
    node: info.node,
  });
}
