import type { ConnectionHandler, ConnectionState } from "./base-connection.ts";
import type { NativeStreams, SocketName, StreamHandle } from "./native.ts";
import { Buffer } from "node:buffer";
import { Connection, DEFAULT_WATERMARK } from "./base-connection.ts";
import { readingPaused } from "./collect.ts";
import { clock } from "./clock.ts";
import { plainIp } from "./ip.ts";
import { disguise } from "./disguise.ts";
import { ProbeHandle, native } from "./native.ts";
import { chunkOf, LENDING_SIZE, nextLendingBuffer, nextReadBuffer, sharedReadBuffer } from "./read-buffer.ts";
import { errorCode, systemError } from "./system-error.ts";

export const CONNECTING = 1;
export const PAUSED = 2;
/** The peer's FIN was read. */
export const READ_ENDED = 4;
/** `end()` was called. */
export const WRITE_ENDED = 8;
/** Our FIN is out. */
export const SHUT_DOWN = 16;
export const CLOSED = 32;
/** A write returned false; `onDrain` is owed. */
const DRAIN_OWED = 64;
/** The handle was told to read. */
export const READING = 128;
/** The handle was told where reads go. Not before the first one: who takes the handle over (TLS) has its own way. */
export const BUFFERED = 256;
/** Reads go to buffers of the runtime's own. */
const UNBUFFERED = 512;
/** TCP is there, the TLS handshake is not done: the connection is still connecting, but has addresses. */
export const SECURING = 1024;
/** What is read is only lent to the handler. */
const LENDING = 2048;

/** Bytes up to this size are copied behind their head to go out as one write; above, the kernel gathers them. */
const COALESCE = 16 * 1024;

/** Where the next read of the connection that is just being called goes; undefined: where the last one went. */
let nextBuffer: Buffer | undefined;
/** What the write that is just being made failed with. */
let writeFailure: Error | null = null;

const isDeno = "Deno" in globalThis;

/** Counts the connections of a listening socket. */
export interface ConnectionCounter {
  connections: number;
}

/**
 * A TCP connection on the runtime's stream handle itself, without a `net.Socket` and its two stream machines. To the runtime's
 * read and write functions it looks like the socket they know (see `disguise`), so lengths, errors and completions
 * are still theirs to get right.
 *
 * CPU per request of a small HTTP/1.1 proxy, over `net.Socket` and over this: Node 20 17.3 -> 14.3 us, Node 24 17.0 -> 14.8 us,
 * Deno 2.9 20.8 -> 18.5 us; with a new connection for each request 103 -> 39 us, 69 -> 38 us and 176 -> 62 us.
 * An idle connection with its handler takes 2.7 KB instead of 4.2 (Deno 3.7 instead of 6.4).
 */
export class HandleConnection extends Connection {
  /** A TLS connection puts the session's handle in the place of the plain one. */
  protected handle: StreamHandle;
  protected flags: number;
  /** Bytes of writes that are not out. */
  protected pending = 0;
  private watermark = DEFAULT_WATERMARK;
  /** Set by the runtime when the kernel didn't take a write at once: its bytes. */
  private asyncBytes = 0;
  protected readBuffer: Buffer = sharedReadBuffer;
  private peer: SocketName | null = null;
  private local: SocketName | null = null;
  private error: Error | null = null;
  /**
   * What was written while connecting, when Deno refuses writes, or behind a write that waits. It goes out in one piece, not in a system call for each write.
   */
  private waiting: (string | Uint8Array)[] | null = null;
  private readonly counter: ConnectionCounter | null;

  protected constructor(handle: StreamHandle, handler: ConnectionHandler, flags: number, counter: ConnectionCounter | null) {
    super(handler);
    this.handle = handle;
    this.flags = flags;
    this.counter = counter;
    this.adopt(handle);
  }

  /** Takes an accepted handle over. Reading starts with `start()`, when its handler is there. */
  static accepted(handle: StreamHandle, handler: ConnectionHandler, counter: ConnectionCounter): HandleConnection {
    counter.connections++;
    return new HandleConnection(handle, handler, 0, counter);
  }

  /** Connects; see `connect()`. `bindHost` "" binds to nothing, `keepAliveMs` 0 leaves keep-alive off. */
  static connect(
    host: string,
    port: number,
    bindHost: string,
    bindPort: number,
    keepAliveMs: number,
    handler: ConnectionHandler,
  ): HandleConnection {
    const { Tcp } = native as NativeStreams;
    const connection = new HandleConnection(new Tcp(0), handler, CONNECTING, null);
    connection.connectTo(host, port, bindHost, bindPort, keepAliveMs);
    return connection;
  }

  protected connectTo(host: string, port: number, bindHost: string, bindPort: number, keepAliveMs: number): void {
    const { handle } = this;
    const { ConnectRequest } = native as NativeStreams;
    const six = host.includes(":");
    let call = "bind";
    let status = 0;
    try {
      if (bindHost !== "") status = six ? handle.bind6(bindHost, bindPort, 0) : handle.bind(bindHost, bindPort);
      if (status === 0) {
        call = "connect";
        const request = new (ConnectRequest as NonNullable<typeof ConnectRequest>)();
        request.oncomplete = (result) => this.connected(result, keepAliveMs, host, port);
        status = six ? handle.connect6(request, host, port) : handle.connect(request, host, port);
      }
      if (status !== 0) queueMicrotask(() => this.destroy(systemError(status, call, `${host}:${port}`)));
    } catch (error) {
      // Deno throws what it has no permission for.
      queueMicrotask(() => this.destroy(error as Error));
    }
  }

  private connected(status: number, keepAliveMs: number, host: string, port: number): void {
    if ((this.flags & CLOSED) !== 0) return;
    if (status !== 0) {
      this.destroy(systemError(status, "connect", `${host}:${port}`));
      return;
    }
    this.handle.setNoDelay(true);
    if (keepAliveMs > 0) this.setKeepAlive(true, keepAliveMs);
    this.established();
  }

  /** TCP is there. */
  protected established(): void {
    this.flags &= ~CONNECTING;
    this.flush();
    clock.enter();
    try {
      this.handler.onConnect?.();
    } finally {
      clock.leave();
    }
    this.drain();
    this.start();
  }

  /** Another handle, over the one that there was, takes its place. */
  protected adopt(handle: StreamHandle): void {
    const { owner, onStreamRead } = native as NativeStreams;
    this.handle = handle;
    (handle as unknown as Record<symbol, unknown>)[owner] = this;
    handle.onread = onStreamRead;
  }

  /** @internal Begins to read, unless it was paused or closed meanwhile. */
  start(): void {
    if ((this.flags & (READING | PAUSED | CLOSED | CONNECTING | READ_ENDED)) !== 0) return;
    this.flags |= READING;
    if ((this.flags & (BUFFERED | UNBUFFERED)) === 0) {
      this.flags |= BUFFERED;
      this.handle.useUserBuffer(sharedReadBuffer);
    }
    const status = this.handle.readStart();
    if (status !== 0) this.destroy(systemError(status, "read", ""));
  }

  /** On Deno 2.9 a handle that has read into a buffer of ours never reads for another. */
  override keepTransferable(): void {
    if (isDeno) this.flags |= UNBUFFERED;
  }

  /**
   * @internal Lets go of the handle without closing it: another connection takes it over, with its place in the counter. Nothing is called for this
   * one any more. null when it is not open, or when writes of it are not out.
   */
  release(): { readonly handle: StreamHandle; readonly counter: ConnectionCounter | null } | null {
    if ((this.flags & (CLOSED | CONNECTING | READ_ENDED | WRITE_ENDED)) !== 0 || this.pending !== 0) return null;
    if ((this.flags & READING) !== 0) this.handle.readStop();
    this.flags |= CLOSED;
    return { handle: this.handle, counter: this.counter };
  }

  override lendReads(limit: number): boolean {
    if (limit < LENDING_SIZE || this.tls !== null || (this.flags & UNBUFFERED) !== 0) return false;
    this.flags |= LENDING;
    return true;
  }

  get state(): ConnectionState {
    return (this.flags & CLOSED) !== 0 ? "closed" : (this.flags & CONNECTING) !== 0 ? "connecting" : "open";
  }

  get remoteAddress(): string {
    return this.peerName().address ?? "";
  }

  get remotePort(): number {
    return this.peerName().port ?? 0;
  }

  get localAddress(): string {
    return this.localName().address ?? "";
  }

  get localPort(): number {
    return this.localName().port ?? 0;
  }

  override keepAddresses(): void {
    this.peerName();
    this.localName();
  }

  /** Asked for when needed: each is a system call. */
  private peerName(): SocketName {
    if (this.peer !== null) return this.peer;
    const name: SocketName = {};
    if (this.unreachable || this.handle.getpeername(name) !== 0) return name;
    if (name.address !== undefined) name.address = plainIp(name.address);
    return (this.peer = name);
  }

  private get unreachable(): boolean {
    return (this.flags & CLOSED) !== 0 || (this.flags & (CONNECTING | SECURING)) === CONNECTING;
  }

  private localName(): SocketName {
    if (this.local !== null) return this.local;
    const name: SocketName = {};
    if (this.unreachable || this.handle.getsockname(name) !== 0) return name;
    if (name.address !== undefined) name.address = plainIp(name.address);
    return (this.local = name);
  }

  get buffered(): number {
    return this.pending;
  }

  get paused(): boolean {
    return (this.flags & PAUSED) !== 0;
  }

  get fd(): number {
    return this.handle.fd ?? -1;
  }

  setWatermark(high: number): void {
    this.watermark = high;
  }

  writeLatin1(text: string): boolean {
    if ((this.flags & (CLOSED | WRITE_ENDED)) !== 0 || text.length === 0) return true;
    return this.write(text, "latin1", text.length);
  }

  writeBytes(bytes: Uint8Array): boolean {
    if ((this.flags & (CLOSED | WRITE_ENDED)) !== 0 || bytes.length === 0) return true;
    return this.write(bytes, "buffer", bytes.length);
  }

  writeHeadAndBytes(head: string, bytes: Uint8Array): boolean {
    if ((this.flags & (CLOSED | WRITE_ENDED)) !== 0) return true;
    const length = head.length + bytes.length;
    if (length > COALESCE) {
      // Behind a write that waits, both go out with all that waits.
      if (this.pending !== 0 || (this.flags & CONNECTING) !== 0 || bytes.length === 0) {
        this.writeLatin1(head);
        return this.writeBytes(bytes);
      }
      this.bytesWritten += length;
      this.issue(
        true,
        [
          { chunk: head, encoding: "latin1" },
          { chunk: bytes, encoding: "buffer" },
        ],
        "",
      );
      return this.belowWatermark();
    }
    const all = Buffer.allocUnsafe(length) as Buffer & { latin1Write(text: string, offset: number): number };
    all.latin1Write(head, 0);
    all.set(bytes, head.length);
    return this.write(all, "buffer", length);
  }

  private write(data: string | Uint8Array, encoding: string, length: number): boolean {
    this.bytesWritten += length;
    if (this.pending === 0 && (this.flags & CONNECTING) === 0) {
      this.issue(false, data, encoding);
    } else {
      (this.waiting ??= []).push(data);
      this.pending += length;
    }
    return this.belowWatermark();
  }

  private belowWatermark(): boolean {
    if (this.pending <= this.watermark) return true;
    this.flags |= DRAIN_OWED;
    return false;
  }

  /** Hands a write to the runtime. What the kernel doesn't take at once is pending from now on. */
  private issue(writev: boolean, data: unknown, encoding: string): void {
    this.asyncBytes = 0;
    writeGeneric.call(this, writev, data, encoding, afterWrite);
    this.pending += this.asyncBytes;
    if (writeFailure === null) return;
    const error = writeFailure;
    writeFailure = null;
    this.destroy(error);
  }

  /** Called by the runtime: a write that waited is out. */
  protected written(request: { bytes: number }): void {
    this.pending -= request.bytes;
    if ((this.flags & CLOSED) !== 0) return;
    if (this.waiting !== null) this.flush();
    this.drain();
  }

  /** Hands over all that waits, then the end if that waits too. */
  protected flush(): void {
    const { waiting } = this;
    if (waiting !== null) {
      this.waiting = null;
      const chunks: { chunk: string | Uint8Array; encoding: string }[] = [];
      for (const chunk of waiting) {
        this.pending -= chunk.length;
        chunks.push({ chunk, encoding: typeof chunk === "string" ? "latin1" : "buffer" });
      }
      if (chunks.length === 1) this.issue(false, chunks[0].chunk, chunks[0].encoding);
      else this.issue(true, chunks, "");
    }
    if ((this.flags & (WRITE_ENDED | CLOSED)) === WRITE_ENDED) this.shutDown();
  }

  protected drain(): void {
    if ((this.flags & (DRAIN_OWED | CLOSED)) !== DRAIN_OWED || this.pending > this.watermark / 2) return;
    this.flags &= ~DRAIN_OWED;
    clock.enter();
    try {
      this.handler.onDrain();
    } finally {
      clock.leave();
    }
  }

  /** Called by the runtime with what it read into `buffer`. */
  protected received(length: number, buffer: Buffer): boolean {
    this.deliver(chunkOf(buffer, length));
    if ((this.flags & CLOSED) !== 0) return true;
    if ((this.flags & LENDING) === 0) nextBuffer = nextReadBuffer(buffer, length);
    // What the handler has not passed on yet stays where it is.
    else if ((this.flags & PAUSED) === 0) nextBuffer = nextLendingBuffer(buffer, length);
    return true;
  }

  /** Hands a chunk over. */
  protected deliver(chunk: Buffer): void {
    this.bytesRead += chunk.length;
    clock.enter();
    try {
      this.handler.onData(chunk);
    } finally {
      clock.leave();
    }
  }

  /** Called by the runtime: null for the peer's FIN. Bytes come this way only should it stop using our buffer. */
  protected pushed(chunk: Buffer | null): boolean {
    clock.enter();
    try {
      if (chunk === null) {
        this.flags |= READ_ENDED;
        this.handler.onEnd();
      } else {
        this.bytesRead += chunk.length;
        this.handler.onData(chunk);
      }
    } finally {
      clock.leave();
    }
    if ((this.flags & (READ_ENDED | SHUT_DOWN)) === (READ_ENDED | SHUT_DOWN)) this.destroy();
    return true;
  }

  pause(): void {
    if ((this.flags & PAUSED) !== 0) return;
    this.flags |= PAUSED;
    if ((this.flags & (READING | CLOSED | READ_ENDED)) !== READING) return;
    this.flags &= ~READING;
    this.handle.readStop();
    // Who lends what it reads leaves nothing to collect.
    if ((this.flags & LENDING) === 0) readingPaused();
  }

  resume(): void {
    if ((this.flags & PAUSED) === 0) return;
    this.flags &= ~PAUSED;
    this.start();
  }

  end(): void {
    if ((this.flags & (CLOSED | WRITE_ENDED)) !== 0) return;
    this.flags |= WRITE_ENDED;
    if ((this.flags & CONNECTING) === 0 && this.waiting === null) this.shutDown();
  }

  protected shutDown(): void {
    const request = new (native as NativeStreams).ShutdownRequest();
    request.oncomplete = () => this.shutDownDone();
    const status = this.handle.shutdown(request);
    // 1: done at once. An error means that the connection is gone: reading tells why.
    if (status !== 0) this.shutDownDone();
  }

  protected shutDownDone(): void {
    this.flags |= SHUT_DOWN;
    if ((this.flags & READ_ENDED) !== 0) this.destroy();
  }

  destroy(error?: Error): void {
    if ((this.flags & CLOSED) !== 0) return;
    this.closing(error);
    this.closeHandle();
  }

  protected closeHandle(): void {
    this.handle.close(() => this.closed());
    // Deno 2.9 goes to sleep over the callback of a handle that is closed from another one's: something must wake the loop.
    if (isDeno) setImmediate(nothing);
  }

  reset(): void {
    if ((this.flags & CLOSED) !== 0) return;
    this.closing(undefined);
    // While it connects there is nothing to reset; once our FIN is on its way libuv refuses. Node's `reset` closes, Deno's
    // says how the close that must follow is to be done.
    const connecting = (this.flags & CONNECTING) !== 0;
    const status = connecting || this.handle.reset === undefined ? -1 : this.handle.reset(() => this.closed());
    if (status !== 0 || isDeno) this.closeHandle();
  }

  protected closing(error: Error | undefined): void {
    this.flags |= CLOSED;
    if (error === undefined) return;
    this.error = error;
    this.errorCode = errorCode(error);
  }

  protected closed(): void {
    this.pending = 0;
    this.waiting = null;
    if (this.counter !== null) this.counter.connections--;
    clock.enter();
    try {
      this.handler.onClose(this.error);
    } finally {
      clock.leave();
    }
  }

  setNoDelay(on: boolean): void {
    if ((this.flags & CLOSED) === 0) this.handle.setNoDelay(on);
  }

  setKeepAlive(on: boolean, initialDelayMs = 0): void {
    if ((this.flags & CLOSED) === 0) this.handle.setKeepAlive(on, Math.max(1, Math.round(initialDelayMs / 1000)));
  }

  static {
    if (native !== null) {
      disguise<HandleConnection>(HandleConnection.prototype, native, {
        handle: {
          get() {
            return this.handle;
          },
        },
        closed: {
          get() {
            return (this.flags & CLOSED) !== 0;
          },
        },
        asyncBytes: {
          get() {
            return this.asyncBytes;
          },
          set(bytes) {
            this.asyncBytes = bytes;
          },
        },
        readBuffer: {
          // Without one the runtime hands the bytes to `push`.
          get() {
            return (this.flags & BUFFERED) !== 0 ? this.readBuffer : null;
          },
          set(buffer) {
            if (buffer !== null) this.readBuffer = buffer;
          },
        },
        nextReadBuffer() {
          const buffer = nextBuffer;
          nextBuffer = undefined;
          return buffer;
        },
        received: HandleConnection.prototype.received,
        pushed: HandleConnection.prototype.pushed,
        written: HandleConnection.prototype.written,
      });
    }
  }
}

function nothing(): void {}

const writeGeneric: NativeStreams["writeGeneric"] = native?.writeGeneric ?? nothing;

/** For a write that fails at once the runtime calls it as a function, for one that fails later as a method of its request. */
function afterWrite(this: { handle: StreamHandle } | undefined, error?: Error | null): void {
  if (error === undefined || error === null) return;
  if (this === undefined) writeFailure = error;
  else ((this.handle as unknown as Record<symbol, unknown>)[(native as NativeStreams).owner] as HandleConnection).destroy(error);
}

/**
 * Tries a write on a handle that goes nowhere: whether the runtime takes a connection for a socket, reaches its handle, and comes back
 * to the connection when the write is done.
 */
function tryWrite(): boolean {
  if (native === null) return false;
  try {
    const probe = new ProbeHandle();
    let completed = false;
    const handler: ConnectionHandler = { onData: nothing, onEnd: nothing, onDrain: nothing, onClose: nothing };
    const connection = HandleConnection.accepted(probe as unknown as StreamHandle, handler, { connections: 0 });
    Object.defineProperty(connection, native.afterAsyncWrite, { value: () => (completed = true) });
    connection.writeLatin1("probe");
    probe.request?.oncomplete(0);
    return probe.written === "probe" && completed && connection.state === "open";
  } catch {
    return false;
  }
}

/** Whether `HandleConnection` can be used on this runtime. Else `SocketConnection` serves. */
export const hasNativePath: boolean = tryWrite();
