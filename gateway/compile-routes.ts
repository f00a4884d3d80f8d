import { finish, NO_PAUSES, type Pace, type Sliced } from "../core/contract/sliced.ts";
import type { RouteCompiler } from "../core/server/build/build-manager.ts";
import type { KeptHosts } from "../plugins/routing/table/kept-hosts.ts";
import { compileRouteTableSliced } from "../plugins/routing/table/route-table.ts";

type Use = Parameters<RouteCompiler>[2];

/**
 * The routes of plugins/routing, in the form that the core builds snapshots with. Snapshots are built in one go, routes with pauses: they are noted while
 * the rest is built, and compiled after it.
 */
export class RouteCompilations {
  readonly #kept: KeptHosts;
  readonly #waiting: ((pace: Pace) => Sliced<void>)[] = [];

  constructor(kept: KeptHosts) {
    this.#kept = kept;
  }

  readonly compile: RouteCompiler = (config, options, use: Use) => {
    const { routeConfigs, runtime, context, clusterExists } = options;
    const kept = this.#kept;
    this.#waiting.push(function* (pace) {
      const perRouteConfig = routeConfigs.compile;
      const layout = { key: routeConfigs.layout, isPortable: routeConfigs.isPortable };
      const { table, errors } = yield* compileRouteTableSliced(
        config,
        { runtime, perRouteConfig, layout, clusterExists, kept },
        pace,
      );
      for (const error of errors) context.add(error);
      if (table !== undefined) use(table);
    });
  };

  /** Compiles what was noted. */
  *run(pace: Pace): Sliced<void> {
    for (const compilation of this.#waiting.splice(0)) yield* compilation(pace);
  }

  /** As `run`, without pauses. */
  runNow(): void {
    finish(this.run(NO_PAUSES));
  }
}
