import type { Logger } from "../contract/filter.ts";
import type { HttpConnectionManager } from "./hcm/manager.ts";
import { type BuiltListener, ListenerRuntime } from "./listener-runtime.ts";

/** What a configuration was built into: immutable, and complete before anything of it is used. */
export interface Snapshot {
  /** Counts up with each configuration that was applied. */
  readonly version: number;
  readonly listeners: readonly BuiltListener[];
  readonly managers: readonly HttpConnectionManager[];
  /** Settles when first DNS answers are there; never rejects. */
  warm(): Promise<void>;
  /** The snapshot takes over: clusters that are not in it drain. */
  activate(): void;
  /** It will not take over after all: what was made only for it goes. */
  discard(): void;
  /** No stream uses it any more: filters are disposed of. */
  dispose(): void;
}

/** Applies snapshots: binds what is new, swaps what is there, drains what is gone. */
export class Server {
  readonly #log: Logger;
  readonly #listeners: Map<string, ListenerRuntime>;
  #current: Snapshot | null;
  /** Envoy: --drain-time-s 600, which is for fleets; a client that keeps an idle connection open must not keep a process for so long. */
  drainTimeMs: number;

  constructor(log: Logger, drainTimeMs = 10_000) {
    this.#log = log;
    this.#listeners = new Map();
    this.#current = null;
    this.drainTimeMs = drainTimeMs;
  }

  get listeners(): readonly ListenerRuntime[] {
    return [...this.#listeners.values()];
  }
  get current(): Snapshot | null {
    return this.#current;
  }

  /** All of the snapshot or nothing: rejects, with what was serving still serving, when a listener can't be bound. */
  async apply(next: Snapshot): Promise<void> {
    await next.warm();
    const bound: ListenerRuntime[] = [];
    const keep = new Map<string, ListenerRuntime>();
    try {
      for (const built of next.listeners) {
        const key = addressKey(built);
        const existing = this.#listeners.get(key);
        if (existing !== undefined) {
          keep.set(key, existing);
          continue;
        }
        const runtime = new ListenerRuntime(built);
        await runtime.bind();
        bound.push(runtime);
        keep.set(key, runtime);
      }
    } catch (error) {
      await Promise.all(bound.map((runtime) => runtime.stopAccepting()));
      for (const runtime of bound) runtime.destroyConnections();
      next.discard();
      throw error;
    }
    // From here on nothing fails and nothing waits: the swap is one turn of the event loop.
    for (const built of next.listeners) {
      const runtime = keep.get(addressKey(built));
      if (runtime !== undefined && runtime.built !== built) runtime.update(built);
    }
    const removed = [...this.#listeners].filter(([key]) => !keep.has(key)).map(([, runtime]) => runtime);
    this.#listeners.clear();
    for (const [key, runtime] of keep) this.#listeners.set(key, runtime);
    const previous = this.#current;
    this.#current = next;
    next.activate();
    for (const runtime of removed) void this.#drainListener(runtime);
    if (previous !== null) disposeWhenIdle(previous);
  }

  async #drainListener(runtime: ListenerRuntime): Promise<void> {
    await runtime.stopAccepting();
    runtime.drain();
    await runtime.drained(this.drainTimeMs);
    this.#log.info(`listener ${runtime.name} at ${runtime.built.host}:${runtime.built.port} is drained`);
  }

  /** `/drain_listeners`: no new connections; with `graceful` those that are there end by themselves. */
  async drain(options: { readonly graceful: boolean; readonly inboundOnly: boolean; readonly admin?: boolean }): Promise<void> {
    const chosen = this.listeners.filter((l) => (options.admin === true || l.built.admin !== true) && (!options.inboundOnly || l.built.inbound));
    await Promise.all(chosen.map((l) => l.stopAccepting()));
    for (const l of chosen) l.drain();
    if (options.graceful) await Promise.all(chosen.map((l) => l.drained(this.drainTimeMs)));
    else for (const l of chosen) l.destroyConnections();
  }

  /** `/drain_listeners?skip_exit`: connections end, listening goes on. */
  drainConnections(inboundOnly: boolean): void {
    for (const l of this.listeners) if (l.built.admin !== true && (!inboundOnly || l.built.inbound)) l.drainOnce();
  }

  /** Everything ends: accepting at once, connections after their responses but at most after the drain time. */
  async stop(): Promise<void> {
    await this.drain({ graceful: true, inboundOnly: false });
    await this.drain({ graceful: false, inboundOnly: false, admin: true });
    this.#listeners.clear();
    this.#current?.dispose();
    this.#current = null;
  }
}

function addressKey(built: BuiltListener): string {
  return `${built.host}|${built.port}|${built.port === 0 ? built.name : ""}`;
}

function disposeWhenIdle(snapshot: Snapshot): void {
  let busy = 0;
  const done = (): void => {
    if (--busy === 0) snapshot.dispose();
  };
  for (const manager of snapshot.managers) {
    if (manager.activeStreams === 0) continue;
    busy++;
    manager.onIdle = () => {
      manager.onIdle = null;
      done();
    };
  }
  if (busy === 0) snapshot.dispose();
}
