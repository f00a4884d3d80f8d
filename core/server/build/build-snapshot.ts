import type { Bootstrap } from "../../resources/bootstrap.ts";
import { type DecodeContext, nodeOf, whereOf } from "../../resources/schema/index.ts";
import type { BuiltListener } from "../listener-runtime.ts";
import type { Snapshot } from "../server.ts";
import { buildListener, type BuiltListenerParts, managersOf, occupantsOf, releaseListener } from "./build-listener.ts";
import type { BuildEnvironment } from "./build-manager.ts";

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
  const parts: BuiltListenerParts[] = [];
  checkUnique(bootstrap, extra, context);
  for (const resource of bootstrap.staticResources.listeners) {
    const built = buildListener(resource, env);
    if (built === undefined) continue;
    listeners.push(...built.listeners);
    parts.push(built);
  }
  if (context.failures !== before) {
    for (const built of parts) releaseListener(built);
    for (const e of extra) e.dispose();
    clusters.discard();
    return undefined;
  }
  listeners.push(...extra.map((e) => e.listener));
  let disposed = false;
  const dispose = (): void => {
    if (disposed) return;
    disposed = true;
    for (const built of parts) releaseListener(built);
    for (const e of extra) e.dispose();
  };
  return {
    version,
    listeners,
    managers: parts.flatMap(managersOf),
    occupants: parts.flatMap(occupantsOf),
    warm: () => clusters.warm(),
    activate: () => clusters.activate(),
    discard: () => {
      clusters.discard();
      dispose();
    },
    dispose,
  };
}

/** Two listeners of one name or address: the system would only say that the address is in use. */
function checkUnique(bootstrap: Bootstrap, extra: readonly ExtraListener[], context: DecodeContext): void {
  const names = new Map<string, string>();
  const taken = new Map(extra.map(({ listener }) => [`${listener.host}:${listener.port}`, `the listener "${listener.name}"`]));
  for (const resource of bootstrap.staticResources.listeners) {
    const complain = (code: "duplicate_name" | "duplicate_address", message: string): void => {
      const node = nodeOf(resource);
      if (node !== undefined) context.report(node, code, message);
    };
    const place = whereOf(resource);
    const at = place === undefined || place.line === 0 ? "" : ` (${place.file}:${place.line})`;
    const namesake = names.get(resource.name);
    if (resource.name !== "" && namesake !== undefined)
      complain("duplicate_name", `two listeners are called "${resource.name}"${namesake}`);
    names.set(resource.name, at === "" ? "" : `, the other one${at}`);
    for (const { socketAddress } of [resource.address, ...resource.additionalAddresses.map((more) => more.address)]) {
      if (socketAddress === undefined || (socketAddress.portValue ?? 0) === 0) continue;
      const address = `${socketAddress.address}:${socketAddress.portValue}`;
      const other = taken.get(address);
      if (other !== undefined) complain("duplicate_address", `${address} is taken by ${other}`);
      taken.set(address, (resource.name === "" ? "another listener" : `the listener "${resource.name}"`) + at);
    }
  }
}
