import { AccessLog } from "./accesslog.ts";
import { Address, checkIpAddress } from "./address.ts";
import { NodeInfo } from "./base.ts";
import { Cluster } from "./cluster.ts";
import { Listener } from "./listener.ts";
import { ListStringMatcher, StringMatcher } from "./matchers.ts";
import { Secret } from "./tls.ts";
import type { Infer } from "./schema/index.ts";
import {
  bool,
  boolValue,
  double,
  duration,
  list,
  message,
  notBuilt,
  orEmpty,
  required,
  string,
  struct,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

const B = "envoy.config.bootstrap.v3";
const M = "envoy.config.metrics.v3";

/** Listeners and clusters of a file. */
export const StaticResources = message(`${B}.Bootstrap.StaticResources`, {
  listeners: list(Listener),
  clusters: list(Cluster),
  /** For TLS contexts that refer to them by name. */
  secrets: list(Secret),
});
export type StaticResources = Infer<typeof StaticResources>;

/** The admin listener. */
export const Admin = message(
  `${B}.Admin`,
  {
    accessLog: list(AccessLog),
    /** Deprecated form of `accessLog`: a file. Default "": none. */
    accessLogPath: string({ default: "" }),
    /** Without effect: profiles are written by the platform's own tools. */
    profilePath: string({ default: "" }),
    /** Unset: there is no admin listener. */
    address: Address,
    socketOptions: unsupported("the platform can't set socket options by number"),
    /** Without effect: there is no global limit of connections. */
    ignoreGlobalConnLimit: bool({ default: false }),
    /** Paths that are answered; none (default): all. */
    allowPaths: list(StringMatcher),
  },
  {
    check({ address }, complain) {
      checkIpAddress(address, complain);
    },
  },
);
export type Admin = Infer<typeof Admin>;

/** A layer of runtime values; later layers override earlier ones. Exactly one kind is set. */
export const RuntimeLayer = message(
  `${B}.RuntimeLayer`,
  {
    name: string({ minLength: 1, required: true }),
    /** Values by key; nested objects are keys with dots. */
    staticLayer: struct(),
    diskLayer: unsupported("runtime values come from the file"),
    /** Values that the admin listener may change. */
    adminLayer: message(`${B}.RuntimeLayer.AdminLayer`, {}),
    rtdsLayer: unsupported("there is no dynamic configuration yet"),
  },
  { oneofs: [{ name: "layer_specifier", fields: ["staticLayer", "diskLayer", "adminLayer", "rtdsLayer"], required: true }] },
);
export type RuntimeLayer = Infer<typeof RuntimeLayer>;

/** Which stats are kept: exactly one is set. */
export const StatsMatcher = message(
  `${M}.StatsMatcher`,
  { rejectAll: bool(), exclusionList: ListStringMatcher, inclusionList: ListStringMatcher },
  { oneofs: [{ name: "stats_matcher", fields: ["rejectAll", "exclusionList", "inclusionList"], required: true }] },
);
export type StatsMatcher = Infer<typeof StatsMatcher>;

/** How stats are named and counted. */
export const StatsConfig = message(`${M}.StatsConfig`, {
  /** Parts of names that become tags. */
  statsTags: list(
    message(
      `${M}.TagSpecifier`,
      {
        /** Default "". */
        tagName: string({ default: "" }),
        regex: string({ maxBytes: 1024 }),
        fixedValue: string(),
      },
      { oneofs: [{ name: "tag_value", fields: ["regex", "fixedValue"] }] },
    ),
  ),
  /** Default true. */
  useAllDefaultTags: boolValue({ default: true }),
  /** Unset: all. */
  statsMatcher: StatsMatcher,
  /** The first that matches gives a histogram its buckets. */
  histogramBucketSettings: list(
    message(`${M}.HistogramBucketSettings`, {
      match: required(StringMatcher),
      /** Upper bounds; none: the default ones. */
      buckets: list(double({ above: 0 }), { unique: true }),
      bins: uint32Value({ above: 0, max: 46_082 }),
    }),
  ),
});
export type StatsConfig = Infer<typeof StatsConfig>;

/** The root of a configuration file. */
export const Bootstrap = message(
  `${B}.Bootstrap`,
  {
    node: NodeInfo,
    nodeContextParams: unsupported("there is no dynamic configuration yet"),
    staticResources: orEmpty(StaticResources),
    dynamicResources: unsupported("there is no dynamic configuration yet"),
    clusterManager: message(`${B}.ClusterManager`, {
      /** The cluster that this proxy belongs to. Default "". */
      localClusterName: notBuilt(string({ default: "" }), "localities are not told apart yet", [""]),
      /** Of all clusters. */
      outlierDetection: message(`${B}.ClusterManager.OutlierDetection`, {
        /** The file that ejections are told in, a line of JSON each. Default "": none. */
        eventLogPath: string({ default: "" }),
        eventService: unsupported("there are no gRPC clients yet"),
      }),
      upstreamBindConfig: unsupported("set it on the cluster"),
      loadStatsConfig: unsupported("there is no load reporting yet"),
      enableDeferredClusterCreation: unsupported("clusters are made at the start"),
    }),
    hdsConfig: unsupported("there are no active health checks yet"),
    flagsPath: unsupported("there are no feature flags in files"),
    statsSinks: unsupported("stats are fetched from the admin listener"),
    deferredStatOptions: unsupported("stats are made at the start"),
    statsConfig: orEmpty(StatsConfig),
    /** Milliseconds. Default 5,000. */
    statsFlushInterval: duration({ min: 1, below: 300_000 }),
    statsFlushOnAdmin: bool(),
    statsEvictionInterval: unsupported("stats are kept"),
    watchdog: unsupported("there is one thread"),
    watchdogs: unsupported("there is one thread"),
    tracing: unsupported("deprecated; there is no tracing yet"),
    layeredRuntime: message(`${B}.LayeredRuntime`, { layers: list(RuntimeLayer) }),
    /** Unset: there is no admin listener in the file. */
    admin: Admin,
    overloadManager: unsupported("there is no overload manager yet"),
    enableDispatcherStats: unsupported("these are not kept", ["false"]),
    /** Prefix of Envoy's own headers. Default "": `x-envoy`. */
    headerPrefix: unsupported("the prefix is x-envoy"),
    statsServerVersionOverride: unsupported("the version is the proxy's own"),
    useTcpForDnsLookups: unsupported("names are looked up by the system", ["false"]),
    dnsResolutionConfig: unsupported("names are looked up by the system"),
    typedDnsResolverConfig: unsupported("names are looked up by the system"),
    bootstrapExtensions: unsupported("there are no bootstrap extensions"),
    fatalActions: unsupported("there are no bootstrap extensions"),
    configSources: unsupported("there is no dynamic configuration yet"),
    defaultConfigSource: unsupported("there is no dynamic configuration yet"),
    defaultSocketInterface: unsupported("the platform's sockets are used"),
    certificateProviderInstances: unsupported("certificates come from files, values and secrets"),
    inlineHeaders: unsupported("all headers are kept alike"),
    perfTracingFilePath: unsupported("use the platform's own tools"),
    defaultRegexEngine: unsupported("RE2 is the only engine"),
    xdsDelegateExtension: unsupported("there is no dynamic configuration yet"),
    xdsConfigTrackerExtension: unsupported("there is no dynamic configuration yet"),
    listenerManager: unsupported("there is one listener manager"),
    applicationLogConfig: unsupported("the format of the log is fixed"),
    grpcAsyncClientManagerConfig: unsupported("there are no gRPC clients yet"),
    memoryAllocatorManager: unsupported("the platform manages memory"),
  },
  { oneofs: [{ name: "stats_flush", fields: ["statsFlushInterval", "statsFlushOnAdmin"] }] },
);
export type Bootstrap = Infer<typeof Bootstrap>;
