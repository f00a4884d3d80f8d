import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { clusterManagerKey } from "../core/contract/cluster.ts";
import type { FilterDefinition, FilterServices } from "../core/contract/filter.ts";
import { FilterRegistry } from "../core/filter/registry.ts";
import { loadPluginModule, type PluginModule } from "../core/filter/loader/load-plugin-module.ts";
import { PluginLoadError } from "../core/filter/loader/plugin-load-error.ts";
import { chooseDefinition, parsePluginReference } from "../core/filter/loader/plugin-reference.ts";
import { Runtime } from "../core/filter/runtime.ts";
import { STANDARD_BALANCERS } from "../core/cluster/balancers/standard.ts";
import type { ClusterEnvironment } from "../core/cluster/cluster.ts";
import { DEFAULT_DNS_RESOLVER_OPTIONS } from "../core/cluster/dns/dns-resolver.ts";
import { NodeDnsResolver } from "../core/cluster/dns/node-dns-resolver.ts";
import { connect } from "../core/transport/connection.ts";
import { ClusterManagerImpl } from "../core/cluster/cluster-manager.ts";
import { Loggers, type LogLevel } from "../core/observe/logger.ts";
import { StatsStore } from "../core/observe/stats-store.ts";
import { Bootstrap } from "../core/resources/bootstrap.ts";
import { DecodeContext, decode, formatError, parseDocument, type ResourceError } from "../core/resources/schema/index.ts";
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
import { LogFiles } from "../plugins/telemetry/access-log/log-files.ts";
import { adminListener } from "./admin-listener.ts";
import { adminContext } from "./admin-context.ts";
import { compileRoutes } from "./compile-routes.ts";
import { compileLocalReply } from "./local-reply.ts";
import { nodeAddress } from "./local-address.ts";
import { findPluginReferences } from "./plugin-references.ts";

/** How a gateway is made. */
export interface GatewayOptions {
  /** The bootstrap's path: read again at each reload. */
  readonly file: string;
  /** The bootstrap itself instead of a file; `file` then only names it in messages. */
  readonly text?: string;
  /** Filters beside those that ship: by code, or loaded by path. */
  readonly filters: readonly FilterDefinition[];
  readonly plugins?: readonly string[];
  readonly allowUnsupported?: boolean;
  readonly logLevel?: LogLevel;
  /** Takes lines of the program's log. Default: standard error. */
  readonly writeLog?: (line: string) => void;
  /** Overrides the bootstrap's; 0 takes any. */
  readonly adminPort?: number | undefined;
  /** ms that connections have to finish. Default 10,000. */
  readonly drainTime?: number;
  /** Called for `/quitquitquit`. */
  readonly onQuit?: () => void;
}

/** A configuration was refused: every mistake in it. */
export class ConfigurationError extends Error {
  readonly errors: readonly ResourceError[];
  constructor(errors: readonly ResourceError[]) {
    super(errors.map(formatError).join("\n"));
    this.name = "ConfigurationError";
    this.errors = errors;
  }
}

/** What one reading of the configuration gave. */
interface Loaded {
  readonly bootstrap: Bootstrap;
  readonly context: DecodeContext;
  readonly plugins: readonly PluginModule[];
  readonly byReference: ReadonlyMap<string, FilterDefinition>;
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
  bootstrapText: string;
  bootstrapTime: number;
  runtime: Runtime;
  healthy: boolean;
  draining: boolean;
  /** Files to watch: the bootstrap and the plugins' sources. */
  files: readonly string[];
  logFiles: LogFiles;
  readonly #registry: FilterRegistry;
  clusters: ClusterManagerImpl;
  #version: number;
  #serverStats: ServerStats | null;
  #flushTimer: NodeJS.Timeout | null;
  #reloading: Promise<void>;

  private constructor(options: GatewayOptions) {
    this.options = options;
    this.loggers = new Loggers({
      write: options.writeLog ?? ((line) => void process.stderr.write(line)),
      clock,
      level: options.logLevel ?? "info",
      pid: process.pid,
    });
    this.stats = new StatsStore();
    this.server = new Server(this.loggers.get("main"), options.drainTime ?? 10_000);
    this.startedAt = clock.wallNow();
    this.bootstrap = null;
    this.bootstrapText = "";
    this.bootstrapTime = 0;
    this.runtime = new Runtime();
    this.healthy = true;
    this.draining = false;
    this.files = [];
    this.#registry = new FilterRegistry(options.filters);
    this.logFiles = new LogFiles({ stats: this.stats, log: this.loggers.get("misc"), timers });
    this.clusters = ClusterManagerImpl.empty(this.#clusterEnvironment());
    this.#version = 0;
    this.#serverStats = null;
    this.#flushTimer = null;
    this.#reloading = Promise.resolve();
  }

  /** Starts serving. Rejects with a ConfigurationError, or with the system's error when an address can't be bound. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    await gateway.#apply(true);
    return gateway;
  }

  /** Every mistake in a configuration, by reading and building it; nothing is bound, opened or resolved. */
  static async check(options: GatewayOptions): Promise<readonly ResourceError[]> {
    const gateway = new Gateway(options);
    let loaded: Loaded;
    try {
      loaded = await gateway.#load(options.text ?? (await readFile(options.file, "utf8")));
    } catch (error) {
      if (error instanceof ConfigurationError) return error.errors;
      throw error;
    }
    const snapshot = gateway.#build(loaded, new Runtime(), () => undefined);
    snapshot?.discard();
    for (const plugin of loaded.plugins) plugin.dispose();
    return loaded.context.errors;
  }

  /** Reads the configuration again. Rejects, and goes on as before, when it is refused. One at a time, in order. */
  reload(): Promise<void> {
    const next = this.#reloading.then(
      () => this.#apply(false),
      () => this.#apply(false),
    );
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  async #apply(first: boolean): Promise<void> {
    const log = this.loggers.get("config");
    const text = this.options.text ?? (await readFile(this.options.file, "utf8"));
    const loaded = await this.#load(text);
    const { bootstrap, context } = loaded;
    if (first) this.#useStats(bootstrap, context);
    const runtime = new Runtime((bootstrap.layeredRuntime?.layers ?? []).map((layer) => layer.staticLayer ?? {}));
    let snapshot: Snapshot | undefined;
    try {
      snapshot = this.#build(loaded, runtime, accessLogFactory({ files: this.logFiles, runtime, clusters: { get: (name) => this.clusters.get(name) } }));
    } finally {
      if (snapshot === undefined) for (const plugin of loaded.plugins) plugin.dispose();
    }
    for (const error of context.errors) if (error.severity === "warning") log.warn(formatError(error));
    if (snapshot === undefined) throw new ConfigurationError(context.errors.filter((e) => e.severity === "error"));
    await this.server.apply(snapshot);
    this.bootstrap = bootstrap;
    this.bootstrapText = text;
    this.bootstrapTime = clock.wallNow();
    this.runtime = runtime;
    this.#version = snapshot.version;
    this.files = [resolve(this.options.file), ...loaded.plugins.flatMap((plugin) => plugin.files)];
    // Series of clusters that are gone would be shown for ever.
    const names = (bootstrap.staticResources.clusters ?? []).map((cluster) => (cluster.altStatName !== "" ? cluster.altStatName : cluster.name));
    this.stats.retain("cluster", new Set(names));
    if (first) {
      this.#serverStats?.initialized(clock.wallNow() - this.startedAt);
      for (const listener of this.server.listeners) log.info(`listener ${listener.name} on ${listener.address}:${listener.port}`);
    } else log.info(`configuration ${snapshot.version} is live`);
  }

  /** How statistics are kept is decided once, by the first configuration. */
  #useStats(bootstrap: Bootstrap, context: DecodeContext): void {
    if (bootstrap.statsConfig !== undefined) {
      const report: Report = (problem) => context.add(toResourceError(problem));
      const stats = new StatsStore(statsOptions(bootstrap.statsConfig, report));
      this.stats = stats;
      this.logFiles = new LogFiles({ stats, log: this.loggers.get("misc"), timers });
      this.clusters = ClusterManagerImpl.empty(this.#clusterEnvironment());
    }
    this.#serverStats = new ServerStats(this.stats);
    this.#flushTimer = setInterval(() => this.#flush(), bootstrap.statsFlushInterval ?? 5_000);
    this.#flushTimer.unref();
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
      concurrency: 1,
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
      resolver: new NodeDnsResolver(DEFAULT_DNS_RESOLVER_OPTIONS),
      balancers: STANDARD_BALANCERS,
      random: Math.random,
      log: (message) => log.info(message),
    };
  }

  /** Text -> resources and plugins. Throws a ConfigurationError with every mistake found so far. */
  async #load(text: string): Promise<Loaded> {
    const file = this.options.file;
    const context = new DecodeContext({ allowUnsupported: this.options.allowUnsupported === true });
    const document = parseDocument(text, { file });
    for (const error of document.errors) context.add(error);
    const bootstrap = document.root === undefined ? undefined : decode(Bootstrap, document.root, context);
    const plugins: PluginModule[] = [];
    const byReference = new Map<string, FilterDefinition>();
    const cwd = dirname(resolve(file));
    const add = async (reference: string, from: string): Promise<PluginModule | undefined> => {
      try {
        const module = await loadPluginModule(reference, { cwd: from });
        plugins.push(module);
        return module;
      } catch (error) {
        if (!(error instanceof PluginLoadError)) throw error;
        const { file: at, line, column } = error.place;
        context.add({ file: at, line, column, path: "", severity: "error", code: "invalid_value", found: "", wanted: "", message: error.text });
        return undefined;
      }
    };
    for (const url of findPluginReferences(text, document.root)) {
      const reference = parsePluginReference(url);
      const module = reference === undefined ? undefined : await add(reference.source, cwd);
      if (reference === undefined || module === undefined) continue;
      const chosen = chooseDefinition(reference, module.definitions);
      if (typeof chosen === "string") {
        context.add({ file, line: 0, column: 0, path: "", severity: "error", code: "unknown_type_url", found: url, wanted: "", message: chosen });
      } else byReference.set(url, chosen);
    }
    for (const path of this.options.plugins ?? []) {
      const module = await add(path, process.cwd());
      for (const definition of module?.definitions ?? []) byReference.set(definition.id, definition);
    }
    if (bootstrap === undefined || context.failures > 0) {
      for (const plugin of plugins) plugin.dispose();
      throw new ConfigurationError(context.errors.filter((e) => e.severity === "error"));
    }
    return { bootstrap, context, plugins, byReference };
  }

  #build(loaded: Loaded, runtime: Runtime, createAccessLog: AccessLogFactory): Snapshot | undefined {
    const { bootstrap, context, byReference } = loaded;
    const resources = bootstrap.staticResources.clusters ?? [];
    const names = new Set(resources.map((cluster) => cluster.name));
    const clusters = this.clusters.update(resources, context);
    if (clusters === undefined) return undefined;
    const failed = (): boolean => !this.healthy || this.draining;
    const local: LocalServer = {
      get healthCheckFailed() {
        return failed();
      },
      cluster: bootstrap.node?.cluster ?? "",
    };
    const services: FilterServices = {
      get: (key) => (key.id === clusterManagerKey.id ? clusters.manager : key.id === localServerKey.id ? local : undefined) as never,
    };
    const env: BuildEnvironment = {
      registry: this.#registry.with([...byReference.values()]),
      context,
      root: this.stats,
      services,
      runtime,
      compileRoutes,
      createAccessLog,
      compileLocalReply,
      clusterExists: (name) => names.has(name),
      logger: (component) => this.loggers.get(component),
      plugin: (typeUrl) => byReference.get(typeUrl) ?? byReference.get(typeUrl.slice(typeUrl.lastIndexOf("/") + 1)),
      localAddress: nodeAddress(),
    };
    const admin = adminListener(bootstrap, this.options.adminPort, adminContext(this), env);
    return buildSnapshot(
      bootstrap,
      this.#version + 1,
      {
        warm: () => clusters.warm(),
        activate: () => {
          this.clusters = clusters.manager;
          clusters.commit();
        },
        discard: () => clusters.abandon(),
      },
      admin === null ? [] : [admin],
      env,
    );
  }

  /** Stops accepting, lets what runs finish, ends. */
  async stop(): Promise<void> {
    this.draining = true;
    await this.server.stop();
    this.clusters.dispose();
    if (this.#flushTimer !== null) clearInterval(this.#flushTimer);
    await this.logFiles.flush();
    timers.stop();
  }
}
