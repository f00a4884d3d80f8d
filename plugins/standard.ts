import type { FilterDefinition } from "../core/contract/filter.ts";
import type { ListenerFilterDefinition } from "../core/contract/listener-filter.ts";
import type { NetworkDefinition } from "../core/server/build/build-network.ts";
import { adaptiveConcurrency } from "./adaptive-concurrency/adaptive-concurrency.ts";
import { admissionControl } from "./admission-control/admission-control.ts";
import { buffer } from "./buffer/buffer.ts";
import { cors } from "./cors/cors.ts";
import { fault } from "./fault/fault.ts";
import { grpcStats } from "./grpc-stats/grpc-stats.ts";
import { grpcWeb } from "./grpc-web/grpc-web.ts";
import { headerMutation } from "./header-mutation/header-mutation.ts";
import { healthCheck } from "./health-check/health-check.ts";
import { httpInspector } from "./listener/http-inspector/http-inspector.ts";
import { proxyProtocol } from "./listener/proxy-protocol/proxy-protocol.ts";
import { tlsInspector } from "./listener/tls-inspector/tls-inspector.ts";
import { connectionLimit } from "./network/connection-limit/connection-limit.ts";
import { networkDirectResponse } from "./network/direct-response/direct-response.ts";
import { echo } from "./network/echo/echo.ts";
import { sniCluster } from "./network/sni-cluster/sni-cluster.ts";
import { tcpProxy } from "./network/tcp-proxy/tcp-proxy.ts";
import { anyFilter, anyNetworkFilter } from "./plugin.ts";

/** The HTTP filters that ship, by name. What is not in these lists does not exist: nothing registers itself. */
export const standardFilters: readonly FilterDefinition[] = [
  anyFilter(adaptiveConcurrency),
  anyFilter(admissionControl),
  anyFilter(buffer),
  anyFilter(cors),
  anyFilter(fault),
  anyFilter(grpcStats),
  anyFilter(grpcWeb),
  anyFilter(headerMutation),
  anyFilter(healthCheck),
];

/** The network filters that ship. */
export const standardNetworkFilters: readonly NetworkDefinition[] = [
  anyNetworkFilter(connectionLimit),
  anyNetworkFilter(echo),
  anyNetworkFilter(networkDirectResponse),
  anyNetworkFilter(sniCluster),
  tcpProxy as NetworkDefinition,
];

/** The listener filters that ship. */
export const standardListenerFilters: readonly ListenerFilterDefinition[] = [
  httpInspector as ListenerFilterDefinition,
  proxyProtocol as ListenerFilterDefinition,
  tlsInspector as ListenerFilterDefinition,
];
