import { type ChildProcess, fork } from "node:child_process";
import type { HeldSocket } from "../../core/transport/connection.ts";
import type { FromWorker, Report, Sources, StartMessage, ToWorker } from "./messages.ts";

/** How a configuration did in a worker. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** ms that a worker may take to tell what it counts: one that hangs must not make a page hang. */
const ASK_LIMIT = 1_000;

const GONE: Outcome = { ok: false, message: "it ended" };

/** A worker, seen from its supervisor. */
export class WorkerProcess {
  readonly startedAt: number;
  readonly #child: ChildProcess;
  /** Waits for what becomes of the configuration with this number. */
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  readonly #asked = new Map<number, (report: Report | null) => void>();
  /** Sockets that it was sent, by key. */
  readonly #sockets = new Map<string, HeldSocket>();
  #preparing: Promise<Outcome> = Promise.resolve(GONE);
  #questions = 0;
  /** The configuration that it was told to build last; -1: none. */
  told = -1;
  /** The one that it is ready to serve, or serves; -1: none. */
  prepared = -1;
  /** The one that it serves; -1: it takes no connections yet. */
  serves = -1;
  gone = false;
  /** What it counted when it was last asked. */
  report: Report | null = null;

  constructor(start: StartMessage, now: number, onExit: (why: string) => void) {
    this.startedAt = now;
    this.#child = fork(process.argv[1], ["worker"], { serialization: "advanced" });
    this.#child.on("message", (message: FromWorker) => this.#take(message));
    // An exit follows, or the message was for one that ends.
    this.#child.on("error", () => {});
    this.#child.on("exit", (code, signal) => {
      this.gone = true;
      this.serves = -1;
      for (const tell of this.#waiting.values()) tell(GONE);
      for (const tell of this.#asked.values()) tell(null);
      onExit(signal === null ? `code ${code}` : signal);
    });
    this.#tell(start);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Has it build a configuration. Fulfilled when it could serve it, or can't. */
  prepare(id: number, sources: Sources): Promise<Outcome> {
    // It is at it, or done.
    if (this.told === id) return this.#preparing;
    this.told = id;
    this.#preparing = this.#outcome("prepared", id).then((outcome) => {
      if (outcome.ok) this.prepared = id;
      return outcome;
    });
    this.#tell({ type: "prepare", id, sources });
    return this.#preparing;
  }

  /** Has it serve what it has prepared, at these sockets; those that it does not have are sent. */
  async commit(id: number, sockets: ReadonlyMap<string, HeldSocket>): Promise<Outcome> {
    const outcome = this.#outcome("live", id);
    for (const [key, socket] of sockets) {
      if (this.#sockets.get(key) === socket) continue;
      this.#sockets.set(key, socket);
      this.#tell({ type: "socket", key }, socket.handle);
    }
    this.#tell({ type: "commit", id });
    const result = await outcome;
    if (result.ok) this.serves = id;
    return result;
  }

  abort(id: number): void {
    this.#tell({ type: "abort", id });
  }

  send(message: ToWorker): void {
    this.#tell(message);
  }

  /** What it counts now; what it counted last when it does not answer in time. */
  async ask(): Promise<Report | null> {
    const id = ++this.#questions;
    let limit: NodeJS.Timeout | undefined;
    const report = await new Promise<Report | null>((resolve) => {
      if (this.gone) return resolve(null);
      this.#asked.set(id, resolve);
      limit = setTimeout(() => resolve(null), ASK_LIMIT);
      this.#tell({ type: "ask", id });
    });
    clearTimeout(limit);
    this.#asked.delete(id);
    return (this.report = report ?? this.report);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #outcome(step: "prepared" | "live", id: number): Promise<Outcome> {
    if (this.gone) return Promise.resolve(GONE);
    return new Promise((resolve) => {
      const key = `${step} ${id}`;
      this.#waiting.set(key, (outcome) => {
        this.#waiting.delete(key);
        resolve(outcome);
      });
    });
  }

  #take(message: FromWorker): void {
    if (message.type === "report") this.#asked.get(message.id)?.(message.report);
    else if (message.type === "refused") {
      const outcome = { ok: false, message: message.message } as const;
      for (const step of ["prepared", "live"]) this.#waiting.get(`${step} ${message.id}`)?.(outcome);
    } else this.#waiting.get(`${message.type} ${message.id}`)?.({ ok: true });
  }

  #tell(message: ToWorker, handle?: HeldSocket["handle"]): void {
    if (!this.#child.connected) return;
    if (handle === undefined) this.#child.send(message);
    // The supervisor keeps its own.
    else this.#child.send(message, handle, { keepOpen: true });
  }
}
