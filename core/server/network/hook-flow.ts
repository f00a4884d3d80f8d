import type { HookResult } from "../../contract/filter.ts";
import type { BuiltNetworkFilter } from "./network-chain.ts";

/** Who has a flow. */
export interface FlowOwner {
  /** Whether the connection still runs: what settles afterwards is dropped. */
  readonly active: boolean;
  call(flow: HookFlow, entry: BuiltNetworkFilter, chunk: Uint8Array, end: boolean): HookResult<Uint8Array>;
  /** A hook has thrown. Whether the flow goes on without it. */
  failed(entry: BuiltNetworkFilter, error: unknown): boolean;
  /** What has passed all hooks. */
  passed(flow: HookFlow, chunk: Uint8Array, end: boolean): void;
  /** The flow waits for a promise, or no longer. */
  waiting(flow: HookFlow, on: boolean): void;
}

interface Piece {
  readonly chunk: Uint8Array;
  readonly end: boolean;
}

/** One direction of a connection through the hooks of its filters. While a promise is waited for, what arrives queues at the entrance. */
export class HookFlow {
  readonly #owner: FlowOwner;
  readonly #hooks: readonly BuiltNetworkFilter[];
  #waiting: boolean;
  /** Bytes that wait at the entrance. */
  queued: number;
  #queue: Piece[] | null;

  constructor(owner: FlowOwner, hooks: readonly BuiltNetworkFilter[]) {
    this.#owner = owner;
    this.#hooks = hooks;
    this.#waiting = false;
    this.queued = 0;
    this.#queue = null;
  }

  get isWaiting(): boolean {
    return this.#waiting;
  }

  push(chunk: Uint8Array, end: boolean): void {
    if (this.#waiting) {
      (this.#queue ??= []).push({ chunk, end });
      this.queued += chunk.length;
    } else this.#run(0, chunk, end);
  }

  #run(from: number, first: Uint8Array, end: boolean): void {
    const hooks = this.#hooks;
    let chunk = first;
    for (let i = from; i < hooks.length; i++) {
      let result: HookResult<Uint8Array>;
      try {
        result = this.#owner.call(this, hooks[i], chunk, end);
      } catch (error) {
        if (!this.#owner.failed(hooks[i], error)) return;
        continue;
      }
      if (result === undefined) continue;
      if (result instanceof Uint8Array) {
        chunk = result;
        if (chunk.length === 0 && !end) return;
      } else if (typeof (result as Promise<unknown>).then === "function") {
        this.#wait(i, chunk, end, result as Promise<Uint8Array | undefined>);
        return;
      } else return;
    }
    this.#owner.passed(this, chunk, end);
  }

  #wait(index: number, chunk: Uint8Array, end: boolean, promise: Promise<unknown>): void {
    this.#waiting = true;
    this.#owner.waiting(this, true);
    promise.then(
      (value) => this.#settled(index, chunk, end, value),
      (error: unknown) => {
        if (this.#owner.active && this.#owner.failed(this.#hooks[index], error)) this.#settled(index, chunk, end, undefined);
      },
    );
  }

  #settled(index: number, chunk: Uint8Array, end: boolean, value: unknown): void {
    if (!this.#owner.active) return;
    this.#waiting = false;
    if (value instanceof Uint8Array) {
      if (value.length > 0 || end) this.#run(index + 1, value, end);
    } else if (value === undefined) this.#run(index + 1, chunk, end);
    else return;
    while (!this.#waiting && this.#queue !== null && this.#queue.length > 0 && this.#owner.active) {
      const next = this.#queue.shift() as Piece;
      this.queued -= next.chunk.length;
      this.#run(0, next.chunk, next.end);
    }
    if (!this.#waiting && this.#owner.active) this.#owner.waiting(this, false);
  }
}
