import { Connection, type ConnectionHandler, type ConnectionState } from "../../transport/connection.ts";

/** What an inner connection asks of the filters around it. */
interface Filters {
  readonly active: boolean;
  innerWrite(chunk: Uint8Array, end: boolean): boolean;
  innerResumed(): void;
  innerDestroy(error: Error | undefined): void;
  innerReset(): void;
}

/** A socket behind network filters, as what serves its chain sees it: everything read and written has passed their hooks. */
export class InnerConnection extends Connection {
  readonly #filters: Filters;
  readonly #socket: Connection;
  #paused: boolean;
  /** Came while paused: a hook's promise may settle then. */
  #held: Buffer[] | null;
  #endHeld: boolean;
  #ended: boolean;

  constructor(filters: Filters, socket: Connection) {
    super(NOBODY);
    this.#filters = filters;
    this.#socket = socket;
    this.#paused = false;
    this.#held = null;
    this.#endHeld = false;
    this.#ended = false;
    this.tls = socket.tls;
    this.facts = socket.facts;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }
  get remotePort(): number {
    return this.#socket.remotePort;
  }
  get localAddress(): string {
    return this.#socket.localAddress;
  }
  get localPort(): number {
    return this.#socket.localPort;
  }
  get state(): ConnectionState {
    return this.#filters.active ? this.#socket.state : "closed";
  }
  get buffered(): number {
    return this.#socket.buffered;
  }
  get paused(): boolean {
    return this.#paused;
  }
  get fd(): number {
    return this.#socket.fd;
  }

  setWatermark(high: number): void {
    this.#socket.setWatermark(high);
  }

  writeLatin1(text: string): boolean {
    return text.length === 0 || this.writeBytes(Buffer.from(text, "latin1"));
  }

  writeBytes(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    this.bytesWritten += bytes.length;
    return this.#filters.innerWrite(bytes, false);
  }

  writeHeadAndBytes(head: string, bytes: Uint8Array): boolean {
    return this.writeBytes(Buffer.concat([Buffer.from(head, "latin1"), bytes]));
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    while (this.#held !== null && !this.#paused) {
      const chunk = this.#held.shift();
      if (chunk === undefined) this.#held = null;
      else this.#hand(chunk);
    }
    if (this.#paused) return;
    if (this.#endHeld) {
      this.#endHeld = false;
      this.handler.onEnd();
    }
    this.#filters.innerResumed();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#filters.innerWrite(EMPTY, true);
  }

  destroy(error?: Error): void {
    this.#filters.innerDestroy(error);
  }

  reset(): void {
    this.#filters.innerReset();
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean, initialDelayMs = 0): void {
    this.#socket.setKeepAlive(on, initialDelayMs);
  }

  /** @internal Bytes that have passed the filters. */
  deliver(chunk: Buffer): void {
    if (this.#paused || this.#held !== null) (this.#held ??= []).push(chunk);
    else this.#hand(chunk);
  }

  #hand(chunk: Buffer): void {
    this.bytesRead += chunk.length;
    this.handler.onData(chunk);
  }

  /** @internal The client's end has passed them. */
  deliverEnd(): void {
    if (this.#paused || this.#held !== null) this.#endHeld = true;
    else this.handler.onEnd();
  }

  /** @internal */
  closed(error: Error | null): void {
    if (error !== null) this.errorCode = this.#socket.errorCode;
    this.handler.onClose(error);
  }
}

const NOBODY: ConnectionHandler = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} };
const EMPTY = new Uint8Array(0);
