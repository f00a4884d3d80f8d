import type { Logger } from "../../core/contract/filter.ts";
import { clock } from "../../core/transport/clock.ts";
import type { HeldSocket } from "../../core/transport/connection.ts";
import type { Sources, StartMessage, ToWorker } from "./messages.ts";
import { type Outcome, WorkerProcess } from "./worker-process.ts";

/** A worker that lives shorter than this is in trouble, and its successor waits. ms. */
const SHORT_LIFE = 2_000;
/** The longest wait. ms. */
const MAX_WAIT = 10_000;

/** The configuration in force. */
interface Current {
  readonly id: number;
  readonly sources: Sources;
}

/**
 * The workers: as many as were asked for, and one that is ready and waits. One that ends is replaced at once by that one, without building anything;
 * its own place is filled meanwhile.
 */
export class WorkerPool {
  readonly #start: StartMessage;
  readonly #log: Logger;
  /** Told when a worker is gone, with what it counted last. */
  readonly #onGone: (worker: WorkerProcess) => void;
  readonly #sockets: ReadonlyMap<string, HeldSocket>;
  #workers: WorkerProcess[] = [];
  #spare: WorkerProcess | null = null;
  #current: Current | null = null;
  /** Settles when the configuration that is being applied is, or was refused. */
  #applying: Promise<void> | null = null;
  /** Workers that are being brought to serve what is in force. */
  readonly #serving = new Set<WorkerProcess>();
  #ids = 0;
  #failures = 0;
  #stopping = false;
  #onEmpty: (() => void) | null = null;

  /** @param sockets those that are held, by key; the pool looks, the owner changes. */
  constructor(
    start: StartMessage,
    sockets: ReadonlyMap<string, HeldSocket>,
    log: Logger,
    onGone: (worker: WorkerProcess) => void,
  ) {
    this.#start = start;
    this.#sockets = sockets;
    this.#log = log;
    this.#onGone = onGone;
    // They load while the configuration is being read.
    for (let i = 0; i < start.workers; i++) this.#workers.push(this.#fork());
  }

  get workers(): readonly WorkerProcess[] {
    return this.#workers;
  }

  /** All workers build this configuration, then all serve it; rejected, with all as before, when one can't. */
  async apply(sources: Sources): Promise<void> {
    const applying = this.#apply(++this.#ids, sources);
    this.#applying = applying.catch(() => undefined);
    try {
      await applying;
    } finally {
      this.#applying = null;
      this.#fill();
      // One that came meanwhile has the configuration from before.
      for (const worker of this.#workers) void this.#serve(worker);
      if (this.#spare !== null) void this.#ready(this.#spare);
    }
  }

  async #apply(id: number, sources: Sources): Promise<void> {
    const workers = [...this.#workers];
    const outcomes = await Promise.all(workers.map((worker) => worker.prepare(id, sources)));
    // One that ended meanwhile is replaced by one that builds what is then in force.
    const refused = outcomes.findIndex((outcome, i) => !outcome.ok && !workers[i].gone);
    if (refused >= 0) {
      for (const worker of workers) worker.abort(id);
      throw new Error(`worker ${workers[refused].pid}: ${messageOf(outcomes[refused])}`);
    }
    this.#current = { id, sources };
    await Promise.all(workers.map((worker) => worker.commit(id, this.#sockets)));
  }

  /** To all that serve, and to the one that waits. */
  send(message: ToWorker): void {
    for (const worker of this.#workers) worker.send(message);
    this.#spare?.send(message);
  }

  /** All finish what runs, and end. Fulfilled when they have. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true;
    this.#spare?.kill();
    this.send({ type: "stop" });
    if (this.#workers.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      setTimeout(() => {
        for (const worker of this.#workers) worker.kill();
      }, limitMs).unref();
    });
  }

  #fork(): WorkerProcess {
    const worker: WorkerProcess = new WorkerProcess(this.#start, clock.now(), (why) => this.#ended(worker, why));
    return worker;
  }

  #ended(worker: WorkerProcess, why: string): void {
    this.#onGone(worker);
    const at = this.#workers.indexOf(worker);
    if (at >= 0) this.#workers.splice(at, 1);
    if (this.#spare === worker) this.#spare = null;
    if (this.#stopping) {
      if (this.#workers.length === 0) this.#onEmpty?.();
      return;
    }
    this.#failures = clock.now() - worker.startedAt < SHORT_LIFE ? this.#failures + 1 : 0;
    this.#log.error(`worker ${worker.pid} ended with ${why}${at >= 0 ? ", another takes its place" : ""}`);
    this.#fill();
  }

  /** Fills places: with the one that waits, else with new ones. */
  #fill(): void {
    const current = this.#current;
    // Before the first configuration whoever waits for it hears of the end, and gives up.
    if (this.#stopping || current === null) return;
    while (this.#workers.length < this.#start.workers) {
      const worker = this.#spare ?? this.#later();
      if (worker === null) return;
      this.#spare = null;
      this.#workers.push(worker);
      void this.#serve(worker);
    }
    if (this.#spare !== null) return;
    const spare = this.#later();
    if (spare === null) return;
    this.#spare = spare;
    void this.#ready(spare);
  }

  /** A new worker, or null when one comes later because the last ones failed at once. */
  #later(): WorkerProcess | null {
    if (this.#failures < 2) return this.#fork();
    const wait = Math.min(MAX_WAIT, 100 * 2 ** (this.#failures - 2));
    this.#failures = 1;
    setTimeout(() => this.#fill(), wait).unref();
    return null;
  }

  /** Has a worker build what is in force. */
  async #ready(worker: WorkerProcess): Promise<void> {
    const current = this.#current;
    if (current === null || worker.gone || worker.told === current.id) return;
    const outcome = await worker.prepare(current.id, current.sources);
    // Told to build another meanwhile, it had to drop this one.
    if (!outcome.ok && !worker.gone && worker.told === current.id) {
      this.#log.error(`worker ${worker.pid} can't serve the configuration in force: ${outcome.message}`);
      worker.kill();
    }
  }

  /** Has a worker serve what is in force, which it may have built while it waited. */
  async #serve(worker: WorkerProcess): Promise<void> {
    if (this.#serving.has(worker)) return;
    this.#serving.add(worker);
    while (!worker.gone) {
      // While one is being applied it is not known yet what will be in force.
      if (this.#applying !== null) {
        await this.#applying;
        continue;
      }
      const current = this.#current;
      if (current === null || worker.serves === current.id) break;
      const first = worker.serves < 0;
      const outcome =
        worker.prepared === current.id
          ? await worker.commit(current.id, this.#sockets)
          : await worker.prepare(current.id, current.sources);
      if (outcome.ok) {
        if (first && worker.serves >= 0) this.#log.info(`worker ${worker.pid} serves`);
      } else if (!worker.gone && worker.told === current.id) {
        this.#log.error(`worker ${worker.pid} can't serve the configuration in force: ${messageOf(outcome)}`);
        worker.kill();
        break;
      }
    }
    this.#serving.delete(worker);
  }
}

function messageOf(outcome: Outcome): string {
  return outcome.ok ? "" : outcome.message;
}
