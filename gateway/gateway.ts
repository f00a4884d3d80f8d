import { dirname, resolve } from "node:path";
import { clusterManagerKey } from "../core/contract/cluster.ts";
import type { FilterServices } from "../core/contract/filter.ts";
import { FilterRegistry } from "../core/filter/registry.ts";
import { loadPluginModule, type PluginModule } from "../core/filter/loader/load-plugin-module.ts";
import { PluginLoadError } from "../core/filter/loader/plugin-load-error.ts";
import { chooseDefinition, parsePluginReference } from "../core/filter/loader/plugin-reference.ts";
import type { PluginDefinition } from "../core/filter/loader/plugin-brand.ts";
import { Runtime } from "../core/filter/runtime.ts";
import { STANDARD_BALANCERS } from "../core/cluster/balancers/standard.ts";
import type { ClusterEnvironment } from "../core/cluster/cluster.ts";
import { DEFAULT_DNS_RESOLVER_OPTIONS } from "../core/cluster/dns/dns-resolver.ts";
import { NodeDnsResolver } from "../core/cluster/dns/node-dns-resolver.ts";
import { connect } from "../core/transport/connection.ts";
import { ClusterManagerImpl } from "../core/cluster/cluster-manager.ts";
import { Loggers } from "../core/observe/logger.ts";
import { type StatsOptions, StatsStore } from "../core/observe/stats-store.ts";
import { Bootstrap } from "../core/resources/bootstrap.ts";
import { DecodeContext, decode, formatError, type ResourceError } from "../core/resources/schema/index.ts";
import type { AccessLogFactory } from "../core/server/build/access-logs.ts";
import type { BuildEnvironment } from "../core/server/build/build-manager.ts";
import { buildSnapshot } from "../core/server/build/build-snapshot.ts";
import { Server, type Snapshot } from "../core/server/server.ts";
import { clock } from "../core/transport/clock.ts";
import { timers } from "../core/transport/timers.ts";
import { accessLogFactory } from "../plugins/telemetry/access-log/access-log-factory.ts";
import { type LocalServer, localServerKey } from "../plugins/health-check/local-server.ts";
import { type Report, toResourceError } from "../core/match/problem.ts";
import { ServerStats } from "../plugins/telemetry/server-stats.ts";
import { statsOptions } from "../plugins/telemetry/stats-options.ts";
import type { LogFile } from "../plugins/telemetry/access-log/log-file.ts";
import { type LogFileSystem, LogFiles } from "../plugins/telemetry/access-log/log-files.ts";
import { addressStatNames } from "../core/server/build/build-listener.ts";
import { resourceKey } from "../core/resources/diff.ts";
import { type Configuration, ConfigurationReader } from "./configuration/configuration.ts";
import { ConfigurationError, type GatewayOptions } from "./options.ts";
import { ADMIN_PORT, adminListener } from "./admin-listener.ts";
import { adminContext } from "./admin-context.ts";
import { RouteCompilations } from "./compile-routes.ts";
import { KeptHosts } from "../plugins/routing/table/kept-hosts.ts";
import { readAhead } from "../core/resources/read-ahead.ts";
import { atOnce, inSlices, type Pacing } from "../core/transport/slices.ts";
import type { Pace, Sliced } from "../core/contract/sliced.ts";
import { explainRequest, type ListenerAt } from "../core/server/explain/explain-request.ts";
import { type Explanation, tellExplained } from "./explain/explanation.ts";
import { OBJECT_PLACES } from "./explain/object-places.ts";
import { type Ask, readAsk } from "./explain/read-ask.ts";
import { compileLocalReply } from "./local-reply.ts";
import { openOutlierLog } from "./outlier-log.ts";
import { nodeAddress } from "./local-address.ts";
import { findPluginReferences } from "./plugin-references.ts";
import { LISTENER_FILTERS, NETWORK_FILTERS } from "./network-filters.ts";
import { serverTransports } from "./server-transports.ts";
import { TlsStore } from "../core/tls/live-tls.ts";
import { Secrets } from "../core/tls/secrets.ts";
import { FileWatcher } from "./watch.ts";

export { ConfigurationError, type GatewayOptions } from "./options.ts";

/** What one reading of the configuration gave. */
interface Loaded {
  readonly configuration: Configuration;
  readonly bootstrap: Bootstrap;
  readonly context: DecodeContext;
  readonly plugins: readonly PluginModule[];
  readonly byReference: ReadonlyMap<string, PluginDefinition>;
  readonly stats: StatsOptions;
}

/** The plugins' definitions of one kind. */
function definitionsOf<K extends PluginDefinition["kind"]>(
  definitions: ReadonlyMap<string, PluginDefinition>,
  kind: K,
): Extract<PluginDefinition, { kind: K }>[] {
  return [...definitions.values()].filter((d): d is Extract<PluginDefinition, { kind: K }> => d.kind === kind);
}

/** Plugins are let go with the last stream that may be in them. */
function withPlugins(snapshot: Snapshot, plugins: readonly PluginModule[]): Snapshot {
  let held = true;
  const release = (): void => {
    if (held) for (const plugin of plugins) plugin.dispose();
    held = false;
  };
  return {
    ...snapshot,
    discard: () => {
      snapshot.discard();
      release();
    },
    dispose: () => {
      snapshot.dispose();
      release();
    },
  };
}

/** What the system says of an address that can't be bound, as a sentence with what to do. */
function explainBinding(error: unknown, adminPort: number | undefined): unknown {
  const { code, address = "", port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (!(error instanceof Error) || port === undefined) return error;
  const where = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  const hint = port === adminPort ? " (the admin port: --admin-port N takes another, 0 any)" : "";
  if (code === "EADDRINUSE") return new Error(`${where} is in use by another process${hint}`, { cause: error });
  if (code === "EACCES")
    return new Error(
      `${where}: this process may not listen there${hint !== "" ? hint : ` (a Gateway's port is moved by --map ${port}:${8000 + port})`}`,
      { cause: error },
    );
  if (code === "EADDRNOTAVAIL") return new Error(`${where}: this machine has no such address${hint}`, { cause: error });
  return error;
}

/** For looking at a configuration without touching the files that it would write to. */
const NO_FILES: LogFileSystem = {
  openSync: () => -1,
  open: () => undefined,
  write: () => undefined,
  writeSync: () => 0,
  close: () => undefined,
};

/** A value from the admin port as it would be in a file: numbers and booleans are that. */
function runtimeValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/**
 * The gateway: reads a bootstrap, builds a snapshot, serves it, and does so again when asked. A configuration that is refused changes nothing.
 */
export class Gateway {
  readonly loggers: Loggers;
  readonly server: Server;
  readonly startedAt: number;
  readonly options: GatewayOptions;
  stats: StatsStore;
  bootstrap: Bootstrap | null;
  /** What `bootstrap` was read from. */
  configuration: Configuration | null;
  bootstrapTime: number;
  runtime: Runtime;
  /** What `/runtime_modify` has set, over all configurations. */
  readonly adminLayer: Record<string, unknown>;
  healthy: boolean;
  draining: boolean;
  /** Folders in which files may come and go: of the last reading, also when it was refused. */
  folders: readonly string[];
  #configFiles: readonly string[];
  #pluginFiles: readonly string[];
  logFiles: LogFiles;
  readonly tls: TlsStore;
  /** Follows the files of certificates, keys and secrets. */
  readonly #certificateWatcher: FileWatcher;
  readonly #registry: FilterRegistry;
  readonly #resolver: NodeDnsResolver;
  readonly #reader: ConfigurationReader;
  readonly #keptHosts: KeptHosts;
  /** Warnings that were logged: the next configuration mostly has the same. */
  #warned: ReadonlySet<string>;
  /** What the layers of `runtime` say. */
  #runtimeKey: string;
  clusters: ClusterManagerImpl;
  /** Where ejections are told; null: nowhere. */
  #outlierLog: LogFile | null;
  #version: number;
  #serverStats: ServerStats | null;
  #flushTimer: NodeJS.Timeout | null;
  #flushInterval: number;
  /** `stats_config` of the first configuration, to tell whether a later one differs. */
  #statsKey: string;
  #statsOptions: StatsOptions;
  #reloading: Promise<void>;
  #stopping: Promise<void> | null;

  private constructor(options: GatewayOptions) {
    this.options = options;
    this.loggers = new Loggers({
      write: options.writeLog ?? ((line) => void process.stderr.write(line)),
      clock,
      level: options.logLevel ?? "info",
      pid: process.pid,
    });
    this.stats = new StatsStore();
    this.server = new Server(this.loggers.get("main"), options.drainTime ?? 10_000, undefined, options.role);
    this.startedAt = clock.wallNow();
    this.bootstrap = null;
    this.configuration = null;
    this.bootstrapTime = 0;
    this.runtime = new Runtime();
    this.adminLayer = {};
    this.healthy = true;
    this.draining = false;
    this.folders = [];
    this.#configFiles = [];
    this.#pluginFiles = [];
    this.tls = new TlsStore();
    this.#certificateWatcher = new FileWatcher({
      onChange: () => this.tls.refresh(),
      onError: (folder, error) => this.loggers.get("config").warn(`can't watch ${folder}: ${error.message}`),
    });
    this.#registry = new FilterRegistry(options.filters);
    this.#resolver = new NodeDnsResolver(DEFAULT_DNS_RESOLVER_OPTIONS);
    this.#reader = new ConfigurationReader({
      paths: options.paths ?? [options.file ?? "configuration"],
      text: options.text,
      allowUnsupported: options.allowUnsupported === true,
      namespace: options.namespace ?? "default",
      labels: options.labels ?? { istio: "ingressgateway" },
      ports: options.ports ?? {},
      address: options.address,
      files: options.role?.files,
    });
    this.#keptHosts = new KeptHosts();
    this.#outlierLog = null;
    this.#warned = new Set();
    this.#runtimeKey = "";
    this.logFiles = new LogFiles({ stats: this.stats, log: this.loggers.get("misc"), timers });
    this.clusters = ClusterManagerImpl.empty(this.#clusterEnvironment());
    this.#version = 0;
    this.#serverStats = null;
    this.#flushTimer = null;
    this.#flushInterval = 0;
    this.#statsKey = "";
    this.#statsOptions = {};
    this.#reloading = Promise.resolve();
    this.#stopping = null;
  }

  /** Starts serving. Rejects with a ConfigurationError, or with the system's error when an address can't be bound. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    try {
      await gateway.#apply(true);
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  /** Every mistake in a configuration, by reading and building it; nothing is bound, opened or resolved. */
  static async check(options: GatewayOptions): Promise<readonly ResourceError[]> {
    const gateway = new Gateway(options);
    let loaded: Loaded;
    try {
      loaded = await gateway.#load(await gateway.#reader.read(atOnce), atOnce);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.errors;
      throw error;
    }
    const runtime = gateway.#runtimeOf(loaded.bootstrap);
    // Formats and filters of logs are read, but no file is opened.
    const files = new LogFiles({ stats: gateway.stats, log: gateway.loggers.get("misc"), timers, fileSystem: NO_FILES });
    const clusters = { get: (name: string) => gateway.clusters.get(name) };
    const createAccessLog = accessLogFactory({ files, runtime, clusters });
    const snapshot = await atOnce((pace) => gateway.#build(loaded, runtime, files, createAccessLog, pace));
    snapshot?.discard();
    for (const plugin of loaded.plugins) plugin.dispose();
    return loaded.context.errors;
  }

  /**
   * Explains a request by a configuration that does not run: nothing is bound, opened, resolved or sent. Rejects with a ConfigurationError, or a ReadError.
   */
  static async explain(options: GatewayOptions, ask: Ask): Promise<Explanation | string> {
    const gateway = new Gateway(options);
    const loaded = await gateway.#load(await gateway.#reader.read(atOnce), atOnce);
    const runtime = gateway.#runtimeOf(loaded.bootstrap);
    const files = new LogFiles({ stats: gateway.stats, log: gateway.loggers.get("misc"), timers, fileSystem: NO_FILES });
    const createAccessLog = accessLogFactory({ files, runtime, clusters: { get: (name) => gateway.clusters.get(name) } });
    const snapshot = await atOnce((pace) => gateway.#build(loaded, runtime, files, createAccessLog, pace));
    try {
      if (snapshot === undefined) throw new ConfigurationError(loaded.context.errors.filter((e) => e.severity === "error"));
      snapshot.activate();
      // Addresses are there at once; names would ask the network.
      for (const cluster of gateway.clusters.list())
        if (cluster.config.endpoints.every((endpoint) => !endpoint.isName)) await cluster.warm(false);
      const listeners = snapshot.listeners.map((built) => ({ built, port: built.port }));
      return gateway.#explain(listeners, ask);
    } finally {
      snapshot?.dispose();
      for (const plugin of loaded.plugins) plugin.dispose();
      await gateway.stop();
    }
  }

  /** Explains a request by what serves now, or says what is wrong with the question. Nothing of it is counted. */
  explain(ask: Ask): Explanation | string {
    return this.#explain(
      this.server.listeners.map(({ built, port }) => ({ built, port })),
      ask,
    );
  }

  #explain(listeners: readonly ListenerAt[], ask: Ask): Explanation | string {
    const request = readAsk(ask);
    if (typeof request === "string") return request;
    const serving = listeners.filter(({ built }) => built.admin !== true);
    return tellExplained(explainRequest(serving, request), ask, { clusters: this.clusters, ...OBJECT_PLACES });
  }

  /** Files to watch beside the folders: those that were named, links, the plugins' sources. */
  get files(): readonly string[] {
    return [...this.#configFiles, ...this.#pluginFiles];
  }

  /** Reads the configuration again. Rejects, and goes on as before, when it is refused. One at a time, in order. */
  reload(): Promise<void> {
    if (this.#stopping !== null) return Promise.reject(new Error("the gateway is stopping"));
    const next = this.#reloading.then(
      () => this.#apply(false),
      () => this.#apply(false),
    );
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  async #apply(first: boolean): Promise<void> {
    const log = this.loggers.get("config");
    // Before the first configuration serves nobody waits for the event loop.
    const pacing = first ? atOnce : inSlices;
    const configuration = await this.#reader.read(pacing);
    this.#configFiles = configuration.files.map((file) => resolve(file));
    this.folders = configuration.folders;
    const loaded = await this.#load(configuration, pacing);
    const { bootstrap, context } = loaded;
    if (first) this.#useStats(bootstrap, loaded.stats);
    const runtime = this.#runtimeOf(bootstrap);
    let snapshot: Snapshot | undefined;
    try {
      const clusters = { get: (name: string) => this.clusters.get(name) };
      const createAccessLog = accessLogFactory({ files: this.logFiles, runtime, clusters });
      snapshot = await pacing((pace) => this.#build(loaded, runtime, this.logFiles, createAccessLog, pace));
    } finally {
      if (snapshot === undefined) for (const plugin of loaded.plugins) plugin.dispose();
    }
    const warnings = new Set(context.errors.filter(({ severity }) => severity === "warning").map(formatError));
    for (const warning of warnings) if (!this.#warned.has(warning)) log.warn(warning);
    this.#warned = warnings;
    if (snapshot === undefined) throw new ConfigurationError(context.errors.filter((e) => e.severity === "error"));
    await this.server.apply(withPlugins(snapshot, loaded.plugins)).catch((error: unknown) => {
      throw explainBinding(
        error,
        this.options.adminPort ??
          (bootstrap.admin === undefined ? ADMIN_PORT : bootstrap.admin.address?.socketAddress?.portValue),
      );
    });
    this.#certificateWatcher.set(this.tls.files);
    this.tls.onFilesChanged = () => this.#certificateWatcher.set(this.tls.files);
    this.bootstrap = bootstrap;
    this.configuration = loaded.configuration;
    this.bootstrapTime = clock.wallNow();
    this.runtime = runtime;
    this.#runtimeKey = resourceKey(bootstrap.layeredRuntime?.layers ?? []);
    this.#version = snapshot.version;
    this.#pluginFiles = loaded.plugins.flatMap((plugin) => plugin.files);
    this.#flushEvery(bootstrap);
    this.#dropSeries(snapshot, bootstrap);
    if (first) {
      this.#serverStats?.initialized(clock.wallNow() - this.startedAt);
      for (const listener of this.server.listeners) log.info(`listener ${listener.name} on ${listener.address}:${listener.port}`);
    } else {
      if (resourceKey(bootstrap.statsConfig) !== this.#statsKey)
        log.warn("stats_config has changed: how statistics are kept is decided at the start");
      log.info(`configuration ${snapshot.version} is live`);
    }
  }

  /** An empty store that keeps statistics as this gateway's does. */
  newStatsStore(): StatsStore {
    return new StatsStore(this.#statsOptions);
  }

  /** How statistics are kept is decided once, by the first configuration. */
  #useStats(bootstrap: Bootstrap, options: StatsOptions): void {
    this.#statsKey = resourceKey(bootstrap.statsConfig);
    this.#statsOptions = options;
    this.stats = new StatsStore(options);
    this.logFiles = new LogFiles({ stats: this.stats, log: this.loggers.get("misc"), timers });
    this.clusters = ClusterManagerImpl.empty(this.#clusterEnvironment());
    this.#serverStats = new ServerStats(this.stats);
  }

  /** Series of what is gone would be shown for ever. */
  #dropSeries(snapshot: Snapshot, bootstrap: Bootstrap): void {
    const { clusters, listeners } = bootstrap.staticResources;
    this.stats.retain(
      "cluster",
      new Set(clusters.map((cluster) => (cluster.altStatName !== "" ? cluster.altStatName : cluster.name))),
    );
    this.stats.retain("http", new Set(["admin", ...snapshot.managers.map((manager) => manager.options.statPrefix)]));
    this.stats.retain("listener", new Set(["admin", ...listeners.flatMap(addressStatNames)]));
  }

  /** Envoy's `stats_flush_interval`; with `stats_flush_on_admin` the pages flush instead. */
  #flushEvery(bootstrap: Bootstrap): void {
    const interval = bootstrap.statsFlushOnAdmin === true ? 0 : (bootstrap.statsFlushInterval ?? 5_000);
    if (interval === this.#flushInterval) return;
    if (this.#flushTimer !== null) clearInterval(this.#flushTimer);
    this.#flushInterval = interval;
    this.#flushTimer = interval === 0 ? null : setInterval(() => this.#flush(), interval);
    this.#flushTimer?.unref();
  }

  /** A page is about to show the statistics. */
  beforeStats(): void {
    if (this.#flushInterval === 0) this.#flush();
    else this.updateServerStats();
  }

  /** The same object while the layers say the same: what was compiled with it stays good. */
  #runtimeOf(bootstrap: Bootstrap): Runtime {
    const layers = bootstrap.layeredRuntime?.layers ?? [];
    if (this.bootstrap !== null && resourceKey(layers) === this.#runtimeKey) return this.runtime;
    return new Runtime(layers.map((layer) => (layer.adminLayer === undefined ? (layer.staticLayer ?? {}) : this.adminLayer)));
  }

  /** `/runtime_modify`: an empty value takes the key out of the admin layer. */
  modifyRuntime(values: ReadonlyMap<string, string>): void {
    for (const [key, value] of values) {
      if (value === "") delete this.adminLayer[key];
      else this.adminLayer[key] = runtimeValue(value);
    }
    this.runtime.refresh();
  }

  /** Envoy's statistics interval: what histograms show as "interval" is since the last one. */
  #flush(): void {
    this.updateServerStats();
    this.stats.flush();
  }

  /** The gauges below `server.`: before each flush, and before a page shows them. */
  updateServerStats(): void {
    const usage = process.memoryUsage();
    let connections = 0;
    for (const listener of this.server.listeners) connections += listener.connections;
    this.#serverStats?.update({
      state: this.state,
      uptime: clock.wallNow() - this.startedAt,
      connections,
      concurrency: this.options.role?.share ?? 1,
      memoryAllocated: usage.heapUsed,
      memoryHeapSize: usage.heapTotal,
      memoryPhysicalSize: usage.rss,
    });
  }

  /** As `/ready` and `/server_info` say it. */
  get state(): "LIVE" | "DRAINING" | "PRE_INITIALIZING" {
    return this.draining || !this.healthy ? "DRAINING" : this.bootstrap === null ? "PRE_INITIALIZING" : "LIVE";
  }

  #clusterEnvironment(): ClusterEnvironment {
    const log = this.loggers.get("upstream");
    return {
      connect,
      clock,
      timers,
      stats: this.stats,
      resolver: this.#resolver,
      balancers: STANDARD_BALANCERS,
      random: Math.random,
      outlierLog: () => this.#outlierLog,
      share: this.options.role?.share ?? 1,
      log: (message) => log.info(message),
    };
  }

  /** Text -> resources and plugins. Throws a ConfigurationError with every mistake found so far. */
  async #load(configuration: Configuration, pacing: Pacing): Promise<Loaded> {
    const { root, file, text } = configuration;
    const context = new DecodeContext({ allowUnsupported: this.options.allowUnsupported === true });
    for (const error of configuration.errors) context.add(error);
    if (root !== undefined) await pacing((pace) => readAhead(root, { allowUnsupported: context.allowUnsupported }, pace));
    const bootstrap = root === undefined ? undefined : decode(Bootstrap, root, context);
    const plugins: PluginModule[] = [];
    const byReference = new Map<string, PluginDefinition>();
    const cwd = dirname(resolve(file));
    const add = async (reference: string, from: string): Promise<PluginModule | undefined> => {
      try {
        const module = await loadPluginModule(reference, { cwd: from });
        plugins.push(module);
        return module;
      } catch (error) {
        if (!(error instanceof PluginLoadError)) throw error;
        const { file: at, line, column } = error.place;
        context.add({
          file: at,
          line,
          column,
          path: "",
          severity: "error",
          code: "invalid_value",
          found: "",
          wanted: "",
          message: error.text,
        });
        return undefined;
      }
    };
    for (const url of findPluginReferences(text, root)) {
      const reference = parsePluginReference(url);
      const module = reference === undefined ? undefined : await add(reference.source, cwd);
      if (reference === undefined || module === undefined) continue;
      const chosen = chooseDefinition(reference, module.definitions);
      if (typeof chosen === "string") {
        context.add({
          file,
          line: 0,
          column: 0,
          path: "",
          severity: "error",
          code: "unknown_type_url",
          found: url,
          wanted: "",
          message: chosen,
        });
      } else byReference.set(url, chosen);
    }
    const report: Report = (problem) => context.add(toResourceError(problem));
    const stats = bootstrap === undefined ? {} : statsOptions(bootstrap.statsConfig, report);
    for (const path of this.options.plugins ?? []) {
      const module = await add(path, process.cwd());
      for (const definition of module?.definitions ?? []) byReference.set(definition.id, definition);
    }
    if (bootstrap === undefined || context.failures > 0) {
      for (const plugin of plugins) plugin.dispose();
      throw new ConfigurationError(context.errors.filter((e) => e.severity === "error"));
    }
    return { configuration, bootstrap, context, plugins, byReference, stats };
  }

  *#build(
    loaded: Loaded,
    runtime: Runtime,
    files: LogFiles,
    createAccessLog: AccessLogFactory,
    pace: Pace,
  ): Sliced<Snapshot | undefined> {
    const { bootstrap, context, byReference } = loaded;
    const routes = new RouteCompilations(this.#keptHosts);
    const resources = bootstrap.staticResources.clusters ?? [];
    const names = new Set(resources.map((cluster) => cluster.name));
    const before = context.failures;
    const secrets = new Secrets(bootstrap.staticResources.secrets);
    const tls = { store: this.tls, secrets, log: this.loggers.get("config") };
    const clusters = yield* this.clusters.updateSliced(resources, context, pace, tls, (path) => files.acquire(path));
    if (clusters === undefined) return undefined;
    const outlierLog = openOutlierLog(bootstrap, files, context);
    const failed = (): boolean => !this.healthy || this.draining;
    const local: LocalServer = {
      get healthCheckFailed() {
        return failed();
      },
      cluster: bootstrap.node?.cluster ?? "",
    };
    const services: FilterServices = {
      get: (key) =>
        (key.id === clusterManagerKey.id ? clusters.manager : key.id === localServerKey.id ? local : undefined) as never,
    };
    const env: BuildEnvironment = {
      registry: this.#registry.with(definitionsOf(byReference, "http_filter")),
      networkRegistry: NETWORK_FILTERS.with(definitionsOf(byReference, "network_filter")),
      listenerRegistry: LISTENER_FILTERS,
      context,
      root: this.stats,
      services,
      runtime,
      compileRoutes: routes.compile,
      createAccessLog,
      serverTransports: serverTransports(this.tls, secrets),
      compileLocalReply,
      clusterExists: (name) => names.has(name),
      logger: (component) => this.loggers.get(component),
      plugin: (typeUrl) => byReference.get(typeUrl) ?? byReference.get(typeUrl.slice(typeUrl.lastIndexOf("/") + 1)),
      localAddress: nodeAddress(),
      node: { id: bootstrap.node?.id ?? "", cluster: bootstrap.node?.cluster ?? "" },
    };
    const { role } = this.options;
    const pages = role === undefined ? adminContext(this) : role.admin?.(adminContext(this));
    const admin = pages === undefined ? null : adminListener(bootstrap, this.options.adminPort, pages, env);
    const snapshot = buildSnapshot(
      bootstrap,
      this.#version + 1,
      {
        warm: () => clusters.warm(),
        activate: () => {
          this.clusters = clusters.manager;
          this.#outlierLog?.release();
          this.#outlierLog = outlierLog;
          clusters.commit();
        },
        discard: () => {
          outlierLog?.release();
          clusters.abandon();
        },
      },
      admin === null ? [] : [admin],
      env,
    );
    yield* routes.run(pace);
    if (context.failures === before) return snapshot;
    snapshot?.discard();
    return undefined;
  }

  /** Stops accepting, lets what runs finish, ends. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.draining = true;
    this.tls.onFilesChanged = null;
    this.#certificateWatcher.close();
    await this.server.stop();
    this.clusters.dispose();
    this.#outlierLog?.release();
    this.#outlierLog = null;
    if (this.#flushTimer !== null) clearInterval(this.#flushTimer);
    this.#flushTimer = null;
    this.#resolver.dispose();
    await this.logFiles.flush();
    // The wheel is everybody's: another gateway of this process may have timers in it.
    if (timers.armed === 0) timers.stop();
  }
}
