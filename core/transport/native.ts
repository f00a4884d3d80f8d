import net from "node:net";

/**
 * The runtime's own stream handle (libuv's `uv_tcp_t` as Node and Deno wrap it), as far as we use it. It is what a `net.Socket`
 * stands on; `HandleConnection` stands on it directly.
 */
export interface StreamHandle {
  onread: (buffer?: ArrayBuffer) => unknown;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Uint8Array): void;
  shutdown(request: object): number;
  close(done: () => void): void;
  reset?(done: () => void): number;
  setNoDelay(on: boolean): number;
  setKeepAlive(on: boolean, delaySeconds: number): number;
  getpeername(out: SocketName): number;
  getsockname(out: SocketName): number;
  bind(host: string, port: number, flags?: number): number;
  bind6(host: string, port: number, flags?: number): number;
  connect(request: object, host: string, port: number): number;
  connect6(request: object, host: string, port: number): number;
  /** A listening handle's: Deno hands the status only, and the client is taken with `accept`. */
  onconnection?: (status: number, client?: StreamHandle) => void;
  accept?(client: StreamHandle): number;
  readonly fd?: number;
}

/** What `getpeername` and `getsockname` fill in. */
export interface SocketName {
  address?: string;
  family?: string;
  port?: number;
}

/** A request object: what a handle reports the end of an operation to. */
export interface Request {
  oncomplete: (status: number) => void;
}

/**
 * What it takes to use a handle without a `net.Socket` around it. None of it is reachable by a public name, so all of it is
 * taken from a socket that was given a handle of ours; where a piece is missing or unlike what we know, there is no
 * native path and `SocketConnection` serves.
 */
export interface NativeStreams {
  /** The runtime's own read callback: it knows where the length and the error of a read are. Finds its stream by `owner`. */
  readonly onStreamRead: (buffer?: ArrayBuffer) => unknown;
  /** Writes to the stream's handle and knows whether the kernel took everything at once. */
  readonly writeGeneric: (writev: boolean, data: unknown, encoding: string, callback: (error?: Error | null) => void) => void;
  readonly Tcp: new (kind: number) => StreamHandle;
  readonly ShutdownRequest: new () => Request;
  /** Known one turn of the event loop after start: null until then. */
  ConnectRequest: (new () => Request) | null;
  /** Of a handle: the stream it belongs to. */
  readonly owner: symbol;
  /** Of a stream: its handle. */
  readonly handle: symbol;
  /** Of a stream: bytes of the last write if the kernel did not take them at once. */
  readonly lastWriteQueueSize: symbol;
  /** Of a stream: called with the request when such a write is out. */
  readonly afterAsyncWrite: symbol;
  /** Of a stream: called at each read and write. */
  readonly updateTimer: symbol;
  /** Of a stream: the buffer that reads go to, what is called with it, and what gives the next one (`onread` of `net.connect`). */
  readonly buffer: symbol;
  readonly bufferCallback: symbol;
  readonly bufferGenerator: symbol;
}

/** A handle that does nothing but remember what it was given. */
export class ProbeHandle {
  onread: ((buffer?: ArrayBuffer) => unknown) | undefined = undefined;
  request: Request | undefined = undefined;
  written = "";

  readStart(): number {
    return 0;
  }
  readStop(): number {
    return 0;
  }
  close(done?: () => void): void {
    if (done !== undefined) queueMicrotask(() => done.call(this));
  }
  getAsyncId(): number {
    return 0;
  }
  ref(): void {}
  unref(): void {}
  useUserBuffer(): void {}
  writeLatin1String(request: Request, text: string): number {
    this.request = request;
    this.written += text;
    return 0;
  }
  shutdown(request: Request): number {
    this.request = request;
    return 0;
  }
  connect(request: Request): number {
    this.request = request;
    return 0;
  }
}

type Constructor<T> = new (...args: never[]) => T;

function constructorOf<T>(value: unknown): Constructor<T> | null {
  const found = (value as { constructor?: unknown } | null | undefined)?.constructor;
  return typeof found === "function" && found !== Object ? (found as Constructor<T>) : null;
}

/** The symbol whose description is one of these: Node and Deno name some differently. */
function symbolOf(object: object, ...names: string[]): symbol | undefined {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertySymbols(at).find((symbol) => names.includes(symbol.description ?? ""));
    if (found !== undefined) return found;
  }
  return undefined;
}

function ignore(): void {}

function probeSocket(handle: ProbeHandle): net.Socket {
  const socket = new net.Socket({ handle, allowHalfOpen: true } as net.SocketConstructorOpts);
  return socket.on("error", ignore);
}

/** `connect` makes its handle at once and uses it in the next tick; by then the probe is gone and nothing was sent. */
function tcpConstructor(): NativeStreams["Tcp"] | null {
  const socket = new net.Socket().on("error", ignore);
  socket.connect(1, "127.0.0.1");
  const found = constructorOf<StreamHandle>((socket as unknown as { _handle?: unknown })._handle);
  socket.destroy();
  return found as NativeStreams["Tcp"] | null;
}

/** The constructor of connect requests shows itself in the next tick. */
function learnConnectRequest(native: NativeStreams): void {
  const handle = new ProbeHandle();
  const socket = probeSocket(handle);
  socket.connect(1, "127.0.0.1");
  setImmediate(() => {
    native.ConnectRequest = constructorOf<Request>(handle.request) as NativeStreams["ConnectRequest"];
    socket.destroy();
  });
}

function detect(): NativeStreams | null {
  // Windows reads ahead into the buffer it was given, so one buffer can't serve all connections there.
  if (process.platform === "win32") return null;
  const handle = new ProbeHandle();
  const socket = probeSocket(handle);
  socket.write("probe", "latin1");
  if (handle.written !== "probe" || handle.onread === undefined) return null;
  const writeRequest = handle.request;
  socket.end();
  const ShutdownRequest = handle.request === writeRequest ? null : constructorOf<Request>(handle.request);
  const native = {
    onStreamRead: handle.onread,
    writeGeneric: (net.Socket.prototype as unknown as { _writeGeneric?: unknown })._writeGeneric,
    Tcp: tcpConstructor(),
    ShutdownRequest,
    ConnectRequest: null,
    owner: symbolOf(handle, "owner_symbol", "ownerSymbol"),
    handle: symbolOf(socket, "kHandle"),
    lastWriteQueueSize: symbolOf(socket, "lastWriteQueueSize"),
    afterAsyncWrite: symbolOf(socket, "kAfterAsyncWrite"),
    updateTimer: symbolOf(socket, "kUpdateTimer"),
    buffer: symbolOf(socket, "kBuffer"),
    bufferCallback: symbolOf(socket, "kBufferCb"),
    bufferGenerator: symbolOf(socket, "kBufferGen"),
  };
  socket.destroy();
  for (const [name, part] of Object.entries(native)) {
    if (name !== "ConnectRequest" && (part === undefined || part === null)) return null;
  }
  if (typeof native.writeGeneric !== "function") return null;
  const found = native as NativeStreams;
  learnConnectRequest(found);
  return found;
}

function detectSafely(): NativeStreams | null {
  try {
    return detect();
  } catch {
    // A runtime that knows these things differently: the portable path is right there.
    return null;
  }
}

/** The native path of this runtime, or null where there is none that we know. */
export const native: NativeStreams | null = detectSafely();
