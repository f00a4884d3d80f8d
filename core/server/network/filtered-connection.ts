import type { HookResult } from "../../contract/filter.ts";
import type { NetworkConnection, NetworkOutcome } from "../../contract/network-filter.ts";
import type { DownstreamTls, Stop } from "../../contract/stream.ts";
import { downstreamTls } from "../../tls/downstream-tls.ts";
import { clock } from "../../transport/clock.ts";
import type { Connection, ConnectionHandler } from "../../transport/connection.ts";
import { errorCode } from "../../transport/system-error.ts";
import { Timer, type TimerOwner, timers } from "../../transport/timers.ts";
import { LearnedFacts } from "../accept/facts.ts";
import type { ConnectionOwner, ServedConnection } from "../accept/served-connection.ts";
import { type FlowOwner, HookFlow } from "./hook-flow.ts";
import { InnerConnection } from "./inner-connection.ts";
import type { BuiltNetworkFilter, NetworkChain } from "./network-chain.ts";

const STOP: Stop = Object.freeze({ kind: "stop" });
const EMPTY = Buffer.alloc(0);
/** ms that a client has to take the last bytes, and to end its side, after a filter has closed. Envoy: `delayed_close_timeout`. */
const CLOSE_LIMIT = 1000;

/** Makes what serves a connection at the end of its chain; null when the last filter does. */
export type MakeTerminal = (inner: Connection, read: Buffer | null) => ServedConnection | null;

/** A downstream connection in the network filters of its chain: socket on one side, on the other what serves the chain. */
export class FilteredConnection implements ConnectionHandler, NetworkConnection, ServedConnection, FlowOwner, TimerOwner {
  readonly id: number;
  readonly facts: LearnedFacts;
  readonly #socket: Connection;
  readonly #chain: NetworkChain;
  readonly #owner: ConnectionOwner;
  readonly #makeTerminal: MakeTerminal;
  readonly #states: unknown[] | null;
  readonly #read: HookFlow;
  readonly #write: HookFlow;
  readonly #openedAt: number;
  readonly #timer: Timer;
  /** The socket as the terminal sees it; null until `onConnection` hooks are done. */
  #inner: InnerConnection | null;
  /** What the terminal is, when it is something else than this. */
  #terminal: ServedConnection | null;
  /** How many of the chain's `onConnection` hooks are done. */
  #entered: number;
  /** Came before they were. */
  #early: Buffer | null;
  #unwritten: boolean;
  #closing: boolean;
  #over: boolean;
  #ended: boolean;
  #details: string;
  #tls: DownstreamTls | null;
  #controller: AbortController | null;

  /** Begins with `begin()`. */
  constructor(socket: Connection, chain: NetworkChain, owner: ConnectionOwner, makeTerminal: MakeTerminal) {
    this.id = socket.id;
    this.facts = socket.facts instanceof LearnedFacts ? socket.facts : new LearnedFacts(socket);
    socket.facts = this.facts;
    this.#socket = socket;
    this.#chain = chain;
    this.#owner = owner;
    this.#makeTerminal = makeTerminal;
    this.#states = chain.hasState ? new Array<unknown>(chain.filters.length).fill(undefined) : null;
    this.#read = new HookFlow(this, chain.onData);
    this.#write = new HookFlow(this, chain.onWrite);
    this.#openedAt = clock.now();
    this.#timer = new Timer(this);
    this.#inner = null;
    this.#terminal = null;
    this.#entered = 0;
    this.#early = null;
    this.#unwritten = false;
    this.#closing = false;
    this.#over = false;
    this.#ended = false;
    this.#details = "";
    this.#tls = null;
    this.#controller = null;
    socket.handler = this;
    socket.setWatermark(chain.bufferLimit);
    chain.occupancy.enter();
  }

  /** Runs the `onConnection` hooks, then makes the terminal. @param read what was read from the socket already. */
  begin(read: Buffer | null): void {
    this.#early = read;
    const states = this.#states;
    if (states !== null) {
      for (const entry of this.#chain.filters) {
        try {
          states[entry.index] = entry.filter.createState?.(this);
        } catch (error) {
          if (!this.failed(entry, error)) return;
        }
      }
    }
    this.#enter();
  }

  #enter(): void {
    const hooks = this.#chain.onConnection;
    while (this.#entered < hooks.length) {
      const entry = hooks[this.#entered];
      let result: HookResult;
      try {
        result = entry.filter.onConnection?.(this, this.#states?.[entry.index]);
      } catch (error) {
        if (!this.failed(entry, error)) return;
        result = undefined;
      }
      if (result !== undefined) {
        if (typeof (result as Promise<unknown>).then === "function") {
          this.#socket.pause();
          (result as Promise<unknown>).then(
            (value) => this.#entryDone(value),
            (error: unknown) => {
              if (this.active && this.failed(entry, error)) this.#entryDone(undefined);
            },
          );
        }
        return;
      }
      this.#entered++;
    }
    this.#start();
  }

  #entryDone(value: unknown): void {
    if (!this.active || value !== undefined) return;
    this.#entered++;
    this.#enter();
  }

  #start(): void {
    const { onData } = this.#chain;
    const inner = new InnerConnection(this, this.#socket);
    this.#inner = inner;
    const early = this.#early;
    this.#early = null;
    // Without a hook that could want to see them first, the terminal gets the bytes as they were read.
    const direct = onData.length === 0;
    this.#terminal = this.#makeTerminal(inner, direct ? early : null);
    if (!direct && early !== null && this.active) this.#read.push(early, false);
    this.#resumeRead();
  }

  // --- NetworkConnection ------------------------------------------------------------------------------------------------

  get remoteAddress(): string {
    return this.facts.remoteAddress;
  }
  get remotePort(): number {
    return this.facts.remotePort;
  }
  get localAddress(): string {
    return this.facts.localAddress;
  }
  get localPort(): number {
    return this.facts.localPort;
  }
  get requestedServerName(): string {
    return this.facts.serverName !== "" ? this.facts.serverName : (this.#socket.tls?.serverName ?? "");
  }
  get tls(): DownstreamTls | null {
    const { tls } = this.#socket;
    return tls === null ? null : (this.#tls ??= downstreamTls(tls));
  }
  get bytesReceived(): number {
    return this.#socket.bytesRead;
  }
  get bytesSent(): number {
    return this.#socket.bytesWritten;
  }
  get active(): boolean {
    return !this.#over && !this.#closing;
  }
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort();
    return this.#controller.signal;
  }
  get filterState(): Readonly<Record<string, unknown>> | undefined {
    return this.facts.filterState;
  }

  setFilterState(key: string, value: unknown): void {
    this.facts.setFilterState(key, value);
  }

  setMetadata(namespace: string, key: string, value: unknown): void {
    this.facts.setMetadata(namespace, key, value);
  }

  write(chunk: Uint8Array, end = false): void {
    if (this.active) this.#write.push(chunk, end);
  }

  close(details = ""): Stop {
    if (!this.active) return STOP;
    this.#closing = true;
    this.#details = details;
    const waits = this.#write.isWaiting;
    // What a hook still holds is lost; what has passed the hooks goes out.
    if (waits) this.#socket.destroy();
    else {
      this.#socket.end();
      this.#socket.resume();
      timers.arm(this.#timer, CLOSE_LIMIT);
    }
    return STOP;
  }

  reset(details = ""): Stop {
    if (!this.active) return STOP;
    this.#closing = true;
    this.#details = details;
    this.#socket.reset();
    return STOP;
  }

  // --- ServedConnection: until there is something else that serves it ---------------------------------------------------

  drain(): void {
    this.#terminal?.drain();
  }
  drainWhenIdle(): void {
    this.#terminal?.drainWhenIdle();
  }
  destroy(): void {
    if (this.#over) return;
    this.#closing = true;
    this.#socket.destroy();
  }

  // --- What the terminal asks for ---------------------------------------------------------------------------------------

  /** The terminal writes. False: not all of it is out, `onDrain` follows. */
  innerWrite(chunk: Uint8Array, end: boolean): boolean {
    if (!this.active) return true;
    this.#write.push(chunk, end);
    if (this.#write.queued <= this.#chain.bufferLimit && !this.#unwritten) return true;
    this.#unwritten = true;
    return false;
  }

  innerResumed(): void {
    this.#resumeRead();
  }

  innerDestroy(error: Error | undefined): void {
    this.#closing = true;
    this.#socket.destroy(error);
  }

  innerReset(): void {
    this.#closing = true;
    this.#socket.reset();
  }

  // --- FlowOwner --------------------------------------------------------------------------------------------------------

  call(flow: HookFlow, entry: BuiltNetworkFilter, chunk: Uint8Array, end: boolean): HookResult<Uint8Array> {
    const state = this.#states?.[entry.index];
    return flow === this.#read ? entry.filter.onData?.(this, chunk, end, state) : entry.filter.onWrite?.(this, chunk, end, state);
  }

  failed(entry: BuiltNetworkFilter, error: unknown): boolean {
    this.#chain.hookError(entry, this.id, error);
    if (entry.skipOnError) return true;
    this.reset("network_filter_error");
    return false;
  }

  passed(flow: HookFlow, chunk: Uint8Array, end: boolean): void {
    if (flow === this.#write) {
      if (chunk.length > 0 && !this.#socket.writeBytes(chunk)) {
        this.#unwritten = true;
        if (this.#terminal === null) this.#socket.pause();
      }
      if (end) this.#socket.end();
      return;
    }
    const inner = this.#inner;
    if (inner === null) return;
    if (chunk.length > 0) inner.deliver(asBuffer(chunk));
    if (!end) return;
    inner.deliverEnd();
    // Nobody is left who would write: a filter that answers later says so by a promise.
    if (this.#terminal === null) this.write(EMPTY, true);
  }

  waiting(flow: HookFlow, on: boolean): void {
    if (flow === this.#read) {
      if (on) this.#socket.pause();
      else this.#resumeRead();
    } else if (!on && this.#unwritten) this.#drained();
  }

  /** Reads on, unless something is in the way. */
  #resumeRead(): void {
    const inner = this.#inner;
    if (!this.active || inner === null || this.#read.isWaiting || inner.paused) return;
    if (this.#terminal === null && this.#unwritten) return;
    this.#socket.resume();
  }

  #drained(): void {
    if (this.#write.isWaiting || this.#socket.buffered > this.#chain.bufferLimit / 2) return;
    this.#unwritten = false;
    if (this.#terminal === null) this.#resumeRead();
    else this.#inner?.handler.onDrain();
  }

  // --- ConnectionHandler ------------------------------------------------------------------------------------------------

  onData(chunk: Buffer): void {
    if (this.#closing) return;
    // A read that was under way when the connection was paused.
    if (this.#inner === null) this.#early = this.#early === null ? chunk : Buffer.concat([this.#early, chunk]);
    else this.#read.push(chunk, false);
  }

  onEnd(): void {
    this.#ended = true;
    if (this.#closing) this.#socket.destroy();
    else if (this.#inner === null) this.#socket.destroy();
    else this.#read.push(EMPTY, true);
  }

  onDrain(): void {
    if (!this.#closing) this.#drained();
  }

  onTimer(): void {
    this.#socket.destroy();
  }

  onClose(error: Error | null): void {
    if (this.#over) return;
    const outcome: NetworkOutcome = {
      by: this.#closing || (error === null && !this.#ended) ? "local" : "remote",
      details: this.#details !== "" ? this.#details : error === null ? "" : errorCode(error),
    };
    this.#over = true;
    timers.disarm(this.#timer);
    this.#controller?.abort();
    for (const entry of this.#chain.filters) {
      if (entry.filter.onClose === undefined) continue;
      try {
        entry.filter.onClose(this, outcome, this.#states?.[entry.index]);
      } catch (thrown) {
        this.#chain.hookError(entry, this.id, thrown);
      }
    }
    this.#chain.occupancy.leave();
    if (this.#terminal === null) this.#owner.closed(this, this.#openedAt);
    this.#inner?.closed(error);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
