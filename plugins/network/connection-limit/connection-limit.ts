import type { NetworkConnection, NetworkFilter } from "../../../core/contract/network-filter.ts";
import { ConnectionLimit } from "../../../core/resources/network-filters/connection-limit.ts";
import { Timer, timers } from "../../../core/transport/timers.ts";
import { defineNetworkFilter } from "../../plugin.ts";

/** What is known of one connection: whether it counts, and what closes it after the delay. */
interface State {
  counted: boolean;
  timer: Timer | null;
}

/** Envoy's `envoy.filters.network.connection_limit`: closes connections beyond a limit, at once or after a delay. */
export const connectionLimit = defineNetworkFilter({
  id: "envoy.filters.network.connection_limit",
  typeUrls: ["envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit"],
  status: "stable",
  posture: "untrusted",
  config: ConnectionLimit,
  create: ({ statPrefix, maxConnections, delay = 0, runtimeEnabled }, { stats, runtime }): NetworkFilter<State> => {
    const scope = stats.scope("connection_limit", statPrefix);
    const limited = scope.counter("limited_connections");
    const active = scope.gauge("active_connections");
    const limit = maxConnections === undefined ? Infinity : Number(maxConnections);
    let running = 0;
    const enabled = (): boolean =>
      runtimeEnabled === undefined || runtime.boolean(runtimeEnabled.runtimeKey, runtimeEnabled.defaultValue);
    return {
      createState: () => ({ counted: false, timer: null }),
      onConnection(c, state) {
        if (!enabled()) return undefined;
        if (running < limit) {
          state.counted = true;
          running++;
          active.value++;
          return undefined;
        }
        limited.value++;
        return delay > 0 ? closeLater(c, state, delay) : c.close("connection_limit");
      },
      onClose(_, __, state) {
        if (state.timer !== null) timers.disarm(state.timer);
        if (!state.counted) return;
        running--;
        active.value--;
      },
    };
  },
});

/** Nothing of the connection goes on until then: neither the filters behind this one nor reading. */
function closeLater(c: NetworkConnection, state: State, ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    state.timer = new Timer({
      onTimer: () => {
        c.close("connection_limit");
        resolve(undefined);
      },
    });
    timers.arm(state.timer, ms);
  });
}
