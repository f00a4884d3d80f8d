import { AccessLog } from "./accesslog.ts";
import { additionalAddresses, Address, checkIpAddress, CidrRange, TcpKeepalive } from "./address.ts";
import { Metadata, RAW_BUFFER, TransportSocket } from "./base.ts";
import { DOWNSTREAM_TLS } from "./tls.ts";
import type { Infer } from "./schema/index.ts";
import {
  any,
  bool,
  boolValue,
  duration,
  enumOf,
  list,
  message,
  notBuilt,
  required,
  string,
  uint32,
  uint32Value,
  unsupported,
} from "./schema/index.ts";

const L = "envoy.config.listener.v3";

/** A network filter: the HTTP connection manager above all. */
export const NetworkFilter = message(
  `${L}.Filter`,
  {
    name: string({ minLength: 1, required: true }),
    typedConfig: any(),
    configDiscovery: unsupported("there is no dynamic configuration yet"),
  },
  { oneofs: [{ name: "config_type", fields: ["typedConfig", "configDiscovery"], required: true }] },
);
export type NetworkFilter = Infer<typeof NetworkFilter>;

/** Which connections a filter chain is for: what is set must match, the most specific chain wins. Unset lists match all. */
export const FilterChainMatch = message(`${L}.FilterChainMatch`, {
  destinationPort: uint32Value({ min: 1, max: 65_535 }),
  prefixRanges: list(CidrRange),
  addressSuffix: unsupported("Envoy does not implement it either"),
  suffixLen: unsupported("Envoy does not implement it either"),
  directSourcePrefixRanges: list(CidrRange),
  /** Default ANY. */
  sourceType: enumOf(["ANY", "SAME_IP_OR_LOOPBACK", "EXTERNAL"], { default: "ANY" }),
  sourcePrefixRanges: list(CidrRange),
  sourcePorts: list(uint32({ min: 1, max: 65_535 })),
  /** Names asked for by SNI: `www.example.com` or `*.example.com`. */
  serverNames: list(string()),
  /** `tls`, `raw_buffer`, or "" (default): any. */
  transportProtocol: string({ default: "" }),
  /** By ALPN: `h2`, `http/1.1`, ... */
  applicationProtocols: list(string()),
});
export type FilterChainMatch = Infer<typeof FilterChainMatch>;

/** Transport sockets of filter chains. Any other is a mistake that nothing turns into a warning. */
const SERVER_SOCKETS: ReadonlySet<string> = new Set([RAW_BUFFER, DOWNSTREAM_TLS]);

/** The filters of some connections. */
export const FilterChain = message(
  `${L}.FilterChain`,
  {
    /** Unset: all connections that no other chain is for. */
    filterChainMatch: FilterChainMatch,
    filters: list(NetworkFilter),
    useProxyProto: unsupported("deprecated; use the listener filter proxy_protocol", ["false"]),
    metadata: Metadata,
    /** Unset: plain TCP. */
    transportSocket: TransportSocket,
    /** Milliseconds for the TLS handshake; 0: none. Default 0. */
    transportSocketConnectTimeout: duration({ default: 0 }),
    /** Default "". */
    name: string({ default: "" }),
    onDemandConfiguration: unsupported("Envoy does not implement it either"),
  },
  {
    check({ transportSocket }, complain) {
      const type = transportSocket?.typedConfig?.typeUrl;
      if (transportSocket === undefined || type === undefined || SERVER_SOCKETS.has(type)) return;
      complain(`found ${type}, wanted one of ${[...SERVER_SOCKETS].join(", ")}`, "typedConfig", transportSocket);
    },
  },
);
export type FilterChain = Infer<typeof FilterChain>;

/** A filter that looks at a connection before its chain is chosen. */
export const ListenerFilter = message(
  `${L}.ListenerFilter`,
  {
    name: string({ minLength: 1, required: true }),
    typedConfig: any(),
    configDiscovery: unsupported("there is no dynamic configuration yet"),
    filterDisabled: unsupported("listener filters work on all connections"),
  },
  { oneofs: [{ name: "config_type", fields: ["typedConfig", "configDiscovery"], required: true }] },
);
export type ListenerFilter = Infer<typeof ListenerFilter>;

/** An address that takes connections. */
export const Listener = message(
  `${L}.Listener`,
  {
    /** Unique; default: none, and then a name is made up. */
    name: string({ default: "" }),
    address: required(Address),
    additionalAddresses,
    /** Counters are below `listener.PREFIX.`. Default "": the address. */
    statPrefix: string({ default: "" }),
    filterChains: list(FilterChain),
    fcdsConfig: unsupported("there is no dynamic configuration yet"),
    filterChainMatcher: unsupported("use filter_chain_match"),
    useOriginalDst: unsupported("connections are taken where they arrive", ["false"]),
    /** For connections that no chain matches. Unset: they are closed. */
    defaultFilterChain: FilterChain,
    /** How much is held for a connection in each direction. Default 1,048,576. */
    perConnectionBufferLimitBytes: uint32Value({ default: 1_048_576 }),
    metadata: Metadata,
    deprecatedV1: unsupported("deprecated; use bind_to_port"),
    /** Default DEFAULT: drains on every occasion; MODIFY_ONLY: only when changed or removed. */
    drainType: enumOf(["DEFAULT", "MODIFY_ONLY"], { default: "DEFAULT" }),
    /** What looks at connections before their filter chain is chosen, in this order. */
    listenerFilters: list(ListenerFilter),
    /** Milliseconds for all listener filters; 0: none. Default 15,000. */
    listenerFiltersTimeout: duration({ default: 15_000 }),
    /** Default false: the connection closes. */
    continueOnListenerFiltersTimeout: bool({ default: false }),
    transparent: unsupported("the platform can't set IP_TRANSPARENT", ["false"]),
    freebind: unsupported("the platform can't set IP_FREEBIND", ["false"]),
    socketOptions: unsupported("the platform can't set socket options by number"),
    tcpFastOpenQueueLength: unsupported("the platform can't set TCP_FASTOPEN", ["0"]),
    /** Default UNSPECIFIED. */
    trafficDirection: enumOf(["UNSPECIFIED", "INBOUND", "OUTBOUND"], { default: "UNSPECIFIED" }),
    udpListenerConfig: unsupported("listeners take TCP"),
    apiListener: unsupported("listeners take TCP"),
    connectionBalanceConfig: unsupported("the platform balances connections over workers"),
    reusePort: unsupported("deprecated; use enable_reuse_port", ["true"]),
    /** Without effect: workers share one descriptor, which hands over without losing connections. */
    enableReusePort: boolValue({ default: true }),
    accessLog: list(AccessLog),
    /** Length of the queue of connections that wait to be accepted. Unset: the system's. */
    tcpBacklogSize: uint32Value(),
    maxConnectionsToAcceptPerSocketEvent: unsupported("the platform decides"),
    bindToPort: unsupported("every listener is bound", ["true"]),
    internalListener: unsupported("there are no internal listeners"),
    enableMptcp: unsupported("the platform has no MPTCP", ["false"]),
    ignoreGlobalConnLimit: unsupported("there is no global limit of connections", ["false"]),
    bypassOverloadManager: unsupported("there is no overload manager", ["false"]),
    tcpKeepalive: notBuilt(TcpKeepalive, "only connections to upstreams have it yet"),
  },
  {
    kept: true,
    oneofs: [{ name: "listener_specifier", fields: ["internalListener"] }],
    protoNames: { deprecatedV1: "deprecated_v1" },
    check({ address, additionalAddresses: more, filterChains, defaultFilterChain }, complain) {
      checkIpAddress(address, complain);
      for (const additional of more) checkIpAddress(additional.address, complain);
      if (filterChains.length === 0 && defaultFilterChain === undefined)
        complain("a listener needs at least one filter chain", "filterChains");
    },
  },
);
export type Listener = Infer<typeof Listener>;
