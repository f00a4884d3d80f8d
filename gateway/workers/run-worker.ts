import { exportStats } from "../../core/observe/stats-merge.ts";
import { listen, serverOf } from "../../core/transport/connection.ts";
import { parseTarget } from "../../plugins/admin/admin-request.ts";
import type { AdminContext } from "../../plugins/admin/context.ts";
import { handleAdmin } from "../../plugins/admin/handle-admin.ts";
import { Gateway } from "../gateway.ts";
import { gatewayOptions } from "../gateway-options.ts";
import { adminContext } from "../admin-context.ts";
import type { GatewayRole } from "../options.ts";
import type { FromWorker, Report, StartMessage, ToWorker } from "./messages.ts";
import { SentSource } from "./recorded-source.ts";

/** A decision of the supervisor's that a configuration waits for. */
interface Gate {
  readonly id: number;
  open(): void;
  shut(): void;
}

/** Runs a worker: it serves what its supervisor tells it to, and ends with it. */
export function runWorker(): undefined {
  if (process.send === undefined) throw new Error("a worker is started by isthmus gateway --workers");
  let worker: Worker | null = null;
  process.on("message", (message: ToWorker, handle: unknown) => {
    if (message.type === "start") worker = new Worker(message);
    else worker?.take(message, handle);
  });
  // Without a supervisor nobody would replace it, reload it or end it.
  process.on("disconnect", () => (worker === null ? process.exit(0) : worker.stop()));
  // A terminal sends these to all processes; the supervisor says what becomes of them.
  for (const signal of ["SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) process.on(signal, () => {});
  process.on("SIGTERM", () => worker?.stop());
}

class Worker {
  readonly #start: StartMessage;
  readonly #source = new SentSource();
  /** Sockets that came, by the key of the address. */
  readonly #handles = new Map<string, unknown>();
  #gateway: Gateway | null = null;
  #admin: AdminContext | null = null;
  #gate: Gate | null = null;
  /** The configuration that is being built, or the last. */
  #id = 0;
  /** The one that is wanted; -1: none. */
  #latest = -1;
  #work: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(start: StartMessage) {
    this.#start = start;
  }

  take(message: Exclude<ToWorker, StartMessage>, handle: unknown): void {
    switch (message.type) {
      case "prepare":
        // What still waits for its decision, or comes to wait, will not get one.
        this.#latest = message.id;
        this.#gate?.shut();
        this.#work = this.#work.then(() => this.#apply(message.id, message.sources));
        return;
      case "socket":
        this.#handles.set(message.key, handle);
        return;
      case "commit":
      case "abort":
        // Still being built, when it is the supervisor's wish no more: it is dropped once it is.
        if (message.type === "abort" && this.#latest === message.id) this.#latest = -1;
        if (this.#gate?.id !== message.id) return;
        if (message.type === "commit") this.#gate.open();
        else this.#gate.shut();
        return;
      case "admin":
        if (this.#admin !== null) handleAdmin(parseTarget(message.method, message.path, message.body), this.#admin);
        return;
      case "ask":
        tell({ type: "report", id: message.id, report: this.#report() });
        return;
      case "reopen":
        this.#gateway?.logFiles.reopen();
        return;
      case "stop":
        this.stop();
    }
  }

  async #apply(id: number, sources: SentSource["current"]): Promise<void> {
    if (this.#stopping) return;
    this.#id = id;
    this.#source.current = sources;
    try {
      if (this.#gateway === null) {
        const { args } = this.#start;
        const gateway = await Gateway.start({
          ...gatewayOptions(args, this.#start.logLevel, this.#start.text),
          role: this.#role(),
        });
        this.#gateway = gateway;
        this.#admin = adminContext(gateway);
        process.on("exit", () => gateway.logFiles.flushSync());
      } else await this.#gateway.reload();
      tell({ type: "live", id });
    } catch (error) {
      tell({ type: "refused", id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #role(): GatewayRole {
    return {
      files: this.#source,
      share: this.#start.workers,
      // Its pages are the supervisor's; what they change is done here too.
      admin: null,
      beforeBind: () => this.#decision(),
      take: async (key, built, onConnection) => {
        const handle = this.#handles.get(key);
        this.#handles.delete(key);
        if (handle === undefined) throw new Error(`the supervisor sent no socket for ${built.host}:${built.port}`);
        return listen({ server: await serverOf(handle, built.backlog) }, {}, onConnection);
      },
    };
  }

  #decision(): Promise<void> {
    const id = this.#id;
    if (id !== this.#latest) return Promise.reject(new Error("another configuration came first"));
    return new Promise((resolve, reject) => {
      this.#gate = {
        id,
        open: () => {
          this.#gate = null;
          resolve();
        },
        shut: () => {
          this.#gate = null;
          reject(new Error("another configuration came first"));
        },
      };
      tell({ type: "prepared", id });
    });
  }

  #report(): Report {
    const gateway = this.#gateway;
    const usage = process.memoryUsage();
    gateway?.beforeStats();
    return {
      stats: gateway === null ? { counters: [], gauges: [], histograms: [] } : exportStats(gateway.stats),
      clusters: (gateway?.clusters.list() ?? []).map(({ name, hosts }) => ({
        name,
        hosts: hosts.map(({ address, pendingRequests, healthFlags, stats }) => ({
          address,
          pendingRequests,
          healthFlags,
          stats: { ...stats },
        })),
      })),
      memory: { allocated: usage.heapUsed, heapSize: usage.heapTotal, physical: usage.rss },
    };
  }

  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#gate?.shut();
    const ended = this.#gateway?.stop() ?? Promise.resolve();
    ended.then(
      () => process.exit(0),
      () => process.exit(1),
    );
  }
}

function tell(message: FromWorker): void {
  // The supervisor may be gone; then the worker ends by itself.
  if (process.connected) process.send?.(message);
}
