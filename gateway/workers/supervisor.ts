import type { LogLevel } from "../../core/observe/logger.ts";
import type { StatsData } from "../../core/observe/stats-merge.ts";
import { StatsStore } from "../../core/observe/stats-store.ts";
import { type HeldSocket, heldSocketOf, holdSocket, listen, serverOf } from "../../core/transport/connection.ts";
import type { GatewayArguments } from "../arguments.ts";
import type { Gateway } from "../gateway.ts";
import type { GatewayRole } from "../options.ts";
import { mergedAdmin } from "./merged-admin.ts";
import type { Report } from "./messages.ts";
import { RecordedSource } from "./recorded-source.ts";
import { WorkerPool } from "./worker-pool.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** How often workers tell what they count without being asked by a page: what one has counted since is lost when it is killed. ms. */
const ASK_INTERVAL = 5_000;
/** What workers have beyond the drain time to end. ms. */
const GRACE = 2_000;

/**
 * The process above the workers. It reads and checks configurations, holds the sockets, has the admin port, and serves nobody itself: a worker that ends
 * takes no socket along, and who connects meanwhile waits in the kernel's queue.
 */
export class Supervisor {
  readonly role: GatewayRole;
  readonly #pool: WorkerPool;
  readonly #sockets = new Map<string, HeldSocket>();
  readonly #source = new RecordedSource();
  /** One store's worth for all that are gone. */
  #departed: readonly StatsData[] = [];
  /** The admin port's, which is served here. */
  #admin: readonly [key: string, socket: HeldSocket] | null = null;
  /** From a predecessor, by key: until the first configuration has taken its own. */
  #inherited: Map<string, unknown>;
  #gateway: Gateway | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param inherited sockets of a predecessor's, by key. */
  constructor(
    args: GatewayArguments,
    logLevel: LogLevel,
    text: string | undefined,
    inherited: ReadonlyMap<string, unknown> = new Map(),
  ) {
    this.#inherited = new Map(inherited);
    const log = (say: (log: ReturnType<Gateway["loggers"]["get"]>) => void): void => {
      if (this.#gateway !== null) say(this.#gateway.loggers.get("workers"));
    };
    this.#pool = new WorkerPool(
      { type: "start", args, logLevel, text, workers: args.workers },
      this.#sockets,
      {
        debug: (message) => log((to) => to.debug(message)),
        info: (message) => log((to) => to.info(message)),
        warn: (message) => log((to) => to.warn(message)),
        error: (message) => log((to) => to.error(message)),
      },
      (worker) => this.#departs(worker),
    );
    this.role = {
      files: this.#source,
      take: async (key, built, onConnection) => {
        const socket = this.#inherit(key) ?? holdSocket(built.host, built.port, built.ipv6Only);
        if (built.admin !== true) return this.#hold(key, socket);
        this.#admin = [key, socket];
        return listen({ server: await serverOf(socket.handle) }, {}, onConnection);
      },
      beforeSwap: () => this.#pool.apply(this.#source.last),
      admin: (own) => mergedAdmin(own, this.#workers(), () => this.#newStore()),
    };
  }

  /** All sockets, for a successor. */
  get sockets(): ReadonlyMap<string, HeldSocket> {
    return this.#admin === null ? this.#sockets : new Map([...this.#sockets, this.#admin]);
  }

  /** The gateway serves. */
  attach(gateway: Gateway): void {
    this.#gateway = gateway;
    // The new configuration has no use for what is left.
    for (const key of [...this.#inherited.keys()]) this.#inherit(key)?.close();
    this.#timer = setInterval(() => void this.#ask(), ASK_INTERVAL);
    this.#timer.unref();
  }

  reopenLogs(): void {
    this.#pool.send({ type: "reopen" });
  }

  /** Nobody can connect any more; the workers finish what runs. */
  async stop(drainMs: number): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    await this.#pool.stop(drainMs + GRACE);
  }

  #inherit(key: string): HeldSocket | undefined {
    const handle = this.#inherited.get(key);
    this.#inherited.delete(key);
    const held = handle === undefined ? undefined : heldSocketOf(handle);
    return typeof held === "object" ? held : undefined;
  }

  #hold(key: string, socket: HeldSocket): Awaited<ReturnType<NonNullable<GatewayRole["take"]>>> {
    this.#sockets.set(key, socket);
    return {
      address: socket.address,
      port: socket.port,
      connections: 0,
      server: socket.handle,
      close: () => {
        if (this.#sockets.get(key) === socket) {
          this.#sockets.delete(key);
          socket.close();
        }
        return Promise.resolve();
      },
    };
  }

  #workers(): Parameters<typeof mergedAdmin>[1] {
    const pool = this.#pool;
    const departed = (): readonly StatsData[] => this.#departed;
    return {
      ask: () => this.#ask(),
      get reports(): readonly Report[] {
        return pool.workers.flatMap(({ report }) => report ?? []);
      },
      get departed() {
        return departed();
      },
      forward: (method, path, body) => {
        // What it counted before does not come back with who is gone.
        if (path.startsWith("/reset_counters")) this.#departed = [];
        pool.send({ type: "admin", method, path, body });
      },
    };
  }

  async #ask(): Promise<void> {
    await Promise.all(this.#pool.workers.map((worker) => worker.ask()));
  }

  #departs({ report }: WorkerProcess): void {
    if (report === null) return;
    const { counters, histograms } = report.stats;
    this.#departed = [...this.#departed, { counters, histograms, gauges: [] }];
  }

  #newStore(): StatsStore {
    return this.#gateway?.newStatsStore() ?? new StatsStore();
  }
}
