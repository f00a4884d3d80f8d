import type { Logger } from "../contract/filter.ts";
import type { Occupied } from "./accept/occupancy.ts";
import type { HttpConnectionManager } from "./hcm/manager.ts";
import type { Connection, ListeningSocket } from "../transport/connection.ts";
import { type BuiltListener, ListenerRuntime } from "./listener-runtime.ts";

/** What a configuration was built into: immutable, and complete before anything of it is used. */
export interface Snapshot {
  /** Counts up with each configuration that was applied. */
  readonly version: number;
  readonly listeners: readonly BuiltListener[];
  readonly managers: readonly HttpConnectionManager[];
  /** All that connections and streams may still use when the snapshot was replaced, the managers included. */
  readonly occupants: readonly Occupied[];
  /** Settles when first DNS answers and health checks are there; never rejects. */
  warm(): Promise<void>;
  /** The snapshot takes over: clusters that are not in it drain. */
  activate(): void;
  /** It will not take over after all: what was made only for it goes. */
  discard(): void;
  /** No stream and no connection uses it any more: filters are disposed of. */
  dispose(): void;
}

/** What a server that is one of several processes does otherwise. All absent: it is the only one. */
export interface ServerSteps {
  /** Where sockets come from. `key` is the same for the same address in all processes. */
  readonly take?: (key: string, built: BuiltListener, onConnection: (connection: Connection) => void) => Promise<ListeningSocket>;
  /** A snapshot is warm and may bind when this settles; rejected, it does not take over. */
  readonly beforeBind?: () => Promise<void>;
  /** All is bound, and the swap follows when this settles; rejected, it does not. */
  readonly beforeSwap?: () => Promise<void>;
}

/** How long a configuration waits for the first DNS answers and health checks of its clusters. Envoy: initial_fetch_timeout of a dynamic resource. ms. */
const WARM_LIMIT = 15_000;

/** Applies snapshots: binds what is new, swaps what is there, drains what is gone. */
export class Server {
  readonly #log: Logger;
  readonly #listeners: Map<string, ListenerRuntime>;
  #current: Snapshot | null;
  /** Listeners that are gone and still have connections. */
  readonly #leaving: Set<ListenerRuntime>;
  #stopping: Promise<void> | null;
  #healthFailed: boolean;
  readonly #warmLimit: number;
  readonly #steps: ServerSteps;
  /** Envoy: --drain-time-s 600, which is for fleets; a client that keeps an idle connection open must not keep a process for so long. */
  drainTimeMs: number;

  constructor(log: Logger, drainTimeMs = 10_000, warmLimitMs = WARM_LIMIT, steps: ServerSteps = {}) {
    this.#log = log;
    this.#listeners = new Map();
    this.#current = null;
    this.#leaving = new Set();
    this.#stopping = null;
    this.#healthFailed = false;
    this.#warmLimit = warmLimitMs;
    this.#steps = steps;
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
    const keys = addressKeys(next.listeners);
    const bound: ListenerRuntime[] = [];
    const moved: [key: string, runtime: ListenerRuntime][] = [];
    const keep = new Map<string, ListenerRuntime>();
    try {
      await this.#warm(next);
      await this.#steps.beforeBind?.();
      this.#refuseWhenStopping();
      for (const [i, built] of next.listeners.entries()) {
        const existing = this.#listeners.get(keys[i]);
        if (existing === undefined) bound.push(await this.#bind(built, keys[i], keys, moved));
        keep.set(keys[i], existing ?? bound[bound.length - 1]);
      }
      await this.#steps.beforeSwap?.();
      this.#refuseWhenStopping();
    } catch (error) {
      await Promise.all(bound.map((runtime) => runtime.stopAccepting()));
      for (const runtime of bound) runtime.destroyConnections();
      for (const [key, runtime] of moved)
        await this.#take(runtime, key).catch((why: unknown) =>
          this.#log.error(`${runtime.name} does not listen any more: ${String(why)}`),
        );
      next.discard();
      throw error;
    }
    // From here on nothing fails and nothing waits: the swap is one turn of the event loop.
    for (const [i, built] of next.listeners.entries()) {
      const runtime = keep.get(keys[i]);
      if (runtime !== undefined && runtime.built !== built) runtime.update(built);
    }
    const removed = [...this.#listeners].filter(([key]) => !keep.has(key)).map(([, runtime]) => runtime);
    this.#listeners.clear();
    for (const [key, runtime] of keep) this.#listeners.set(key, runtime);
    const previous = this.#current;
    this.#current = next;
    next.activate();
    if (this.#healthFailed) this.failHealthChecks(true);
    for (const runtime of removed) void this.#drainListener(runtime);
    if (previous !== null) disposeWhenIdle(previous);
  }

  /** A name that nobody answers for must not hold the others up for ever: its cluster begins without hosts. */
  async #warm(next: Snapshot): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(() => {
        this.#log.warn(
          `some clusters have no DNS answer or no result of health checks after ${this.#warmLimit} ms: going on without`,
        );
        resolve();
      }, this.#warmLimit);
    });
    await Promise.race([next.warm(), late]);
    clearTimeout(limit);
  }

  #refuseWhenStopping(): void {
    if (this.#stopping !== null) throw new Error("the server is stopping");
  }

  /** Binds a new listener; one of the old ones that has its port on another address, and goes, makes room first (`0.0.0.0` -> `127.0.0.1`). */
  async #bind(
    built: BuiltListener,
    key: string,
    wanted: readonly string[],
    moved: [key: string, runtime: ListenerRuntime][],
  ): Promise<ListenerRuntime> {
    const runtime = new ListenerRuntime(built, this.drainTimeMs);
    try {
      await this.#take(runtime, key);
    } catch (error) {
      const inTheWay = [...this.#listeners].filter(
        ([at, old]) => !wanted.includes(at) && old.port === built.port && !moved.some(([, other]) => other === old),
      );
      if (inTheWay.length === 0) throw error;
      for (const [at, old] of inTheWay) {
        moved.push([at, old]);
        await old.stopAccepting();
      }
      await this.#take(runtime, key);
    }
    return runtime;
  }

  #take(runtime: ListenerRuntime, key: string): Promise<void> {
    const { take } = this.#steps;
    if (take === undefined) return runtime.bind();
    return runtime.bind((built, onConnection) => take(key, built, onConnection));
  }

  /** `/healthcheck/fail` and `/healthcheck/ok`: while it fails, responses end their connections, so that clients go elsewhere. */
  failHealthChecks(on: boolean): void {
    this.#healthFailed = on;
    for (const l of this.listeners) if (l.built.admin !== true && l.built.drainsOnModifyOnly !== true) l.announceClose(on);
  }

  async #drainListener(runtime: ListenerRuntime): Promise<void> {
    this.#leaving.add(runtime);
    await runtime.stopAccepting();
    runtime.drain();
    await runtime.drained(this.drainTimeMs);
    this.#leaving.delete(runtime);
    this.#log.info(`listener ${runtime.name} at ${runtime.built.host}:${runtime.built.port} is drained`);
  }

  /**
   * `/drain_listeners`: listeners close, and the connections that are there go on. With `graceful` they close after the drain time: until then they
   * accept, for whoever has not heard of it, and every response ends its connection. Asked again meanwhile it changes nothing.
   */
  closeListeners(options: { readonly graceful: boolean; readonly inboundOnly: boolean }): void {
    const chosen = this.listeners.filter((l) => l.built.admin !== true && (!options.inboundOnly || l.built.inbound));
    const close = (): void => {
      for (const l of chosen) void l.stopAccepting();
    };
    if (!options.graceful) close();
    else if (chosen.filter((l) => l.closeSoon()).length > 0) setTimeout(close, this.drainTimeMs).unref();
  }

  /** No new connections; with `graceful` those that are there end by themselves. */
  async drain(options: { readonly graceful: boolean; readonly inboundOnly: boolean; readonly admin?: boolean }): Promise<void> {
    const chosen = this.listeners.filter(
      (l) => (options.admin === true || l.built.admin !== true) && (!options.inboundOnly || l.built.inbound),
    );
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
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const leaving = [...this.#leaving].map((runtime) => runtime.drained(this.drainTimeMs));
    await this.drain({ graceful: true, inboundOnly: false });
    await Promise.all(leaving);
    await this.drain({ graceful: false, inboundOnly: false, admin: true });
    this.#listeners.clear();
    this.#current?.dispose();
    this.#current = null;
  }
}

/** What makes a listener of the next snapshot the same as one that is there: its address; where that is any port, its name and its turn. */
function addressKeys(listeners: readonly BuiltListener[]): readonly string[] {
  const seen = new Map<string, number>();
  return listeners.map((built) => {
    const key = `${built.host}|${built.port}|${built.ipv6Only === true ? "6" : ""}|${built.port === 0 ? built.name : ""}`;
    const turn = seen.get(key) ?? 0;
    seen.set(key, turn + 1);
    return turn === 0 ? key : `${key}|${turn}`;
  });
}

function disposeWhenIdle(snapshot: Snapshot): void {
  let busy = 0;
  const done = (): void => {
    if (--busy === 0) snapshot.dispose();
  };
  for (const occupant of snapshot.occupants) {
    if (!occupant.occupied) continue;
    busy++;
    occupant.onIdle = () => {
      occupant.onIdle = null;
      done();
    };
  }
  if (busy === 0) snapshot.dispose();
}
