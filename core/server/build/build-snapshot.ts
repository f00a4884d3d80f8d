import type { Bootstrap } from "../../resources/bootstrap.ts";
import type { BuiltListener } from "../listener-runtime.ts";
import type { Snapshot } from "../server.ts";
import { buildListener, releaseManagers } from "./build-listener.ts";
import type { BuildEnvironment, BuiltManager } from "./build-manager.ts";

/** The clusters of the next snapshot, beside those that serve now. */
export interface PendingClusters {
  warm(): Promise<void>;
  activate(): void;
  discard(): void;
}

/** A listener of our own (the admin port) that no resource describes. */
export interface ExtraListener {
  readonly listener: BuiltListener;
  dispose(): void;
}

/** Builds all of a bootstrap, or reports every mistake to `env.context` and returns undefined. Nothing is bound and nothing serves yet. */
export function buildSnapshot(
  bootstrap: Bootstrap,
  version: number,
  clusters: PendingClusters,
  extra: readonly ExtraListener[],
  env: BuildEnvironment,
): Snapshot | undefined {
  const { context } = env;
  const before = context.failures;
  const listeners: BuiltListener[] = [];
  const managers: BuiltManager[] = [];
  for (const resource of bootstrap.staticResources?.listeners ?? []) {
    const built = buildListener(resource, env);
    if (built === undefined) continue;
    listeners.push(built.listener);
    managers.push(...built.managers);
  }
  if (context.failures !== before) {
    releaseManagers(managers);
    clusters.discard();
    return undefined;
  }
  listeners.push(...extra.map((e) => e.listener));
  let disposed = false;
  const dispose = (): void => {
    if (disposed) return;
    disposed = true;
    releaseManagers(managers);
    for (const e of extra) e.dispose();
  };
  return {
    version,
    listeners,
    managers: managers.map((m) => m.manager),
    warm: () => clusters.warm(),
    activate: () => clusters.activate(),
    discard: () => {
      clusters.discard();
      dispose();
    },
    dispose,
  };
}
