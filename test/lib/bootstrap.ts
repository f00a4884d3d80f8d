/** An object in the JSON form of an Envoy message. */
export type Json = Record<string, unknown>;

const TYPE = "type.googleapis.com/";
const HCM = `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ROUTER = `${TYPE}envoy.extensions.filters.http.router.v3.Router`;
const ACCESS_LOG = `${TYPE}envoy.extensions.access_loggers.file.v3.FileAccessLog`;

/** A `typed_config` of an Envoy message: `typed("envoy.extensions.filters.http.fault.v3.HTTPFault", {...})`. */
export function typed(message: string, fields: Json = {}): Json {
  return { "@type": TYPE + message, ...fields };
}

/** A `SocketAddress` of 127.0.0.1. */
export function address(port: number, host = "127.0.0.1"): Json {
  return { socket_address: { address: host, port_value: port } };
}

interface ListenerDraft {
  name: string;
  hcm: Json;
  filters: Json[];
  virtualHosts: Json[];
  routes: Json[];
  routeConfig: Json;
  fields: Json;
  chain: (chain: Json) => Json;
}

/**
 * Builds Envoy bootstraps step by step. One listener "main" is there from the start; `listener(name)` opens another, and what
 * follows belongs to it.
 *
 * ```ts
 * mesh().service("web", origin.port).route("/", "web").build({ main: 8080 }, 9901)
 * ```
 */
export class Mesh {
  #listeners: ListenerDraft[] = [draft("main")];
  #clusters: Json[] = [];
  #extra: Json = {};

  /** A STATIC cluster of one endpoint (or several) on loopback. `fields` go to the cluster as they are. */
  service(name: string, ports: number | number[], fields: Json = {}): this {
    const lbEndpoints = [ports].flat().map((port) => ({ endpoint: { address: address(port) } }));
    this.#clusters.push({
      name,
      type: "STATIC",
      load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: lbEndpoints }] },
      ...fields,
    });
    return this;
  }

  /** A cluster as it is. */
  cluster(cluster: Json): this {
    this.#clusters.push(cluster);
    return this;
  }

  /** Opens another listener; what follows belongs to it. `fields` go to the listener as they are. */
  listener(name: string, fields: Json = {}): this {
    this.#listeners.push(draft(name, fields));
    return this;
  }

  /** Fields of the listener itself. */
  listenerFields(fields: Json): this {
    Object.assign(this.#last.fields, fields);
    return this;
  }

  /** Fields of the listener's HTTP connection manager. */
  hcm(fields: Json): this {
    Object.assign(this.#last.hcm, fields);
    return this;
  }

  /** Changes the listener's filter chain as it is written. */
  chain(change: (chain: Json) => Json): this {
    this.#last.chain = change;
    return this;
  }

  /** An HTTP filter before the router: its name ("envoy.filters.http." is put before it) and `typed_config`. */
  filter(name: string, typedConfig: Json): this {
    this.#last.filters.push({ name: name.includes(".") ? name : `envoy.filters.http.${name}`, typed_config: typedConfig });
    return this;
  }

  /** A route of the virtual host "*": a prefix and a cluster, or a whole route. `action` adds to the route action. */
  route(match: string | Json, cluster?: string, action: Json = {}): this {
    if (typeof match === "string") this.#last.routes.push({ match: { prefix: match }, route: { cluster, ...action } });
    else this.#last.routes.push(match);
    return this;
  }

  /** A virtual host as it is; hosts come before the "*" one that `route` fills. */
  virtualHost(host: Json): this {
    this.#last.virtualHosts.push(host);
    return this;
  }

  /** Fields of the listener's route configuration. */
  routeConfig(fields: Json): this {
    Object.assign(this.#last.routeConfig, fields);
    return this;
  }

  /** A file access log of the listener, in text or as JSON. */
  accessLog(path: string, format?: string | Json): this {
    const formatted =
      format === undefined
        ? {}
        : {
            log_format: typeof format === "string" ? { text_format_source: { inline_string: format } } : { json_format: format },
          };
    const logs = (this.#last.hcm["access_log"] ??= []) as Json[];
    logs.push({ name: "envoy.access_loggers.file", typed_config: { "@type": ACCESS_LOG, path, ...formatted } });
    return this;
  }

  /** Fields of the bootstrap itself. */
  bootstrap(fields: Json): this {
    Object.assign(this.#extra, fields);
    return this;
  }

  /** Names of the listeners: what `build` wants ports for. */
  get listenerNames(): string[] {
    return this.#listeners.map((listener) => listener.name);
  }

  /** The bootstrap. Stats of listener "main" are below `http.main.`. */
  build(ports: Readonly<Record<string, number>>, admin: number): Json {
    return {
      admin: { address: address(admin) },
      static_resources: {
        listeners: this.#listeners.map((listener) => finish(listener, ports[listener.name])),
        clusters: this.#clusters,
      },
      ...this.#extra,
    };
  }

  get #last(): ListenerDraft {
    return this.#listeners[this.#listeners.length - 1];
  }
}

/** Starts a bootstrap. */
export function mesh(): Mesh {
  return new Mesh();
}

function draft(name: string, fields: Json = {}): ListenerDraft {
  return { name, hcm: {}, filters: [], virtualHosts: [], routes: [], routeConfig: {}, fields, chain: (chain) => chain };
}

function finish(listener: ListenerDraft, port: number): Json {
  const star = listener.routes.length > 0 ? [{ name: "all", domains: ["*"], routes: listener.routes }] : [];
  const filters = [...listener.filters, { name: "envoy.filters.http.router", typed_config: { "@type": ROUTER } }];
  const manager = {
    "@type": HCM,
    stat_prefix: listener.name,
    codec_type: "HTTP1",
    route_config: { name: listener.name, virtual_hosts: [...listener.virtualHosts, ...star], ...listener.routeConfig },
    http_filters: filters,
    ...listener.hcm,
  };
  return {
    name: listener.name,
    address: address(port),
    filter_chains: [
      listener.chain({ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }),
    ],
    ...listener.fields,
  };
}
