import { Buffer } from "node:buffer";
import { Connection } from "../../transport/base-connection.ts";
import type { ConnectionHandler, ConnectionState } from "../../transport/base-connection.ts";
import type { ConnectAddress } from "../../transport/connect.ts";

/** A connection whose other end is the test. */
export class FakeConnection extends Connection {
  readonly target: ConnectAddress;
  /** Every write, as text. */
  readonly writes: string[] = [];
  ended = false;
  state: ConnectionState = "connecting";
  paused = false;
  buffered = 0;
  /** Above this writes are kept, as by a kernel that takes no more. */
  watermark = 1024 * 1024;
  /** Whether the kernel takes what is written. */
  taking = true;
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort = 80;
  readonly localAddress = "127.0.0.9";
  readonly localPort = 5555;
  readonly fd = -1;
  private closeTold = false;

  constructor(target: ConnectAddress, handler: ConnectionHandler) {
    super(handler);
    this.target = target;
  }

  /** All that was written. */
  get written(): string {
    return this.writes.join("");
  }

  private take(text: string): boolean {
    if (this.state === "closed" || text === "") return true;
    this.writes.push(text);
    this.bytesWritten += text.length;
    if (!this.taking) this.buffered += text.length;
    return this.buffered <= this.watermark;
  }

  writeLatin1(text: string): boolean {
    return this.take(text);
  }
  writeBytes(bytes: Uint8Array): boolean {
    return this.take(Buffer.from(bytes).toString("latin1"));
  }
  writeHeadAndBytes(head: string, bytes: Uint8Array): boolean {
    return this.take(head + Buffer.from(bytes).toString("latin1"));
  }
  setWatermark(high: number): void {
    this.watermark = high;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.ended = true;
  }
  destroy(error?: Error): void {
    if (this.state === "closed") return;
    this.state = "closed";
    queueMicrotask(() => this.tellClosed(error ?? null));
  }
  reset(): void {
    this.destroy();
  }
  setNoDelay(): void {}
  setKeepAlive(): void {}

  private tellClosed(error: Error | null): void {
    if (this.closeTold) return;
    this.closeTold = true;
    this.handler.onClose(error);
  }

  // The test's side.

  /** The connection is there. */
  establish(): void {
    this.state = "open";
    this.handler.onConnect?.();
  }
  /** The peer sends. */
  receive(text: string): void {
    this.handler.onData(Buffer.from(text, "latin1"));
  }
  /** The peer sends FIN. */
  receiveEnd(): void {
    this.handler.onEnd();
  }
  /** The connection is lost, or could not be made. */
  lose(code: string): void {
    this.state = "closed";
    this.tellClosed(Object.assign(new Error(code), { code }));
  }
  /** The kernel has taken everything. */
  drain(): void {
    this.buffered = 0;
    this.taking = true;
    this.handler.onDrain();
  }
}

/** A `connect` that makes these, in order. */
export function fakeConnect(made: FakeConnection[]): (a: ConnectAddress, o: object, h: ConnectionHandler) => Connection {
  return (address, _options, handler) => {
    const connection = new FakeConnection(address, handler);
    made.push(connection);
    return connection;
  };
}
