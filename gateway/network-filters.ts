import type { ListenerFilterDefinition } from "../core/contract/listener-filter.ts";
import { FilterRegistry } from "../core/filter/registry.ts";
import type { NetworkDefinition } from "../core/server/build/build-network.ts";
import { standardListenerFilters, standardNetworkFilters } from "../plugins/standard.ts";

/** What may stand in the `filters` of a filter chain, beside the HTTP connection manager. */
export const NETWORK_FILTERS: FilterRegistry<NetworkDefinition> = new FilterRegistry(standardNetworkFilters);

/** What may stand in the `listener_filters` of a listener. */
export const LISTENER_FILTERS: FilterRegistry<ListenerFilterDefinition> = new FilterRegistry(standardListenerFilters);
