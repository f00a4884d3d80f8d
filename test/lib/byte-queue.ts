import type { Socket } from "node:net";

/** Above this many unread bytes the socket is paused, so that whoever does not read is a slow reader for the peer too. */
const HIGH_WATERMARK = 1 << 20;

/** What a socket received, read in order by whoever awaits it. */
export class ByteQueue {
  /** Whether the peer has finished sending (FIN) or the connection is gone. */
  ended = false;
  /** Set when the connection broke (ECONNRESET, ...) rather than ended. */
  error: Error | null = null;
  /** Bytes received so far, read or not. */
  received = 0;
  #parts: Buffer[] = [];
  #size = 0;
  #wake: (() => void)[] = [];
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => {
      this.received += data.length;
      this.#parts.push(data);
      this.#size += data.length;
      if (this.#size > HIGH_WATERMARK) socket.pause();
      this.#notify();
    });
    socket.on("end", () => this.#finish(null));
    socket.on("error", (error) => this.#finish(error));
    socket.on("close", () => this.#finish(null));
  }

  /** Bytes received and not yet read. */
  get size(): number {
    return this.#size;
  }

  /** Up to `max` bytes as soon as there are some; null at the end. */
  async read(max: number): Promise<Buffer | null> {
    while (this.#size === 0) {
      if (this.ended) return null;
      await this.#more();
    }
    const first = this.#parts[0];
    if (first.length <= max) this.#parts.shift();
    else this.#parts[0] = first.subarray(max);
    const taken = first.length <= max ? first : first.subarray(0, max);
    this.#taken(taken.length);
    return taken;
  }

  /** Exactly `count` bytes, or what there was before the end. */
  async readExactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let left = count;
    while (left > 0) {
      const part = await this.read(left);
      if (part === null) break;
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** A line up to LF, without it and without a CR before it; null when the end comes first. */
  async readLine(): Promise<string | null> {
    for (;;) {
      if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)];
      const at = this.#parts.length === 0 ? -1 : this.#parts[0].indexOf(10);
      if (at >= 0) {
        const line = this.#parts[0].toString("latin1", 0, at);
        const rest = this.#parts[0].subarray(at + 1);
        if (rest.length === 0) this.#parts = [];
        else this.#parts[0] = rest;
        this.#taken(at + 1);
        return line.endsWith("\r") ? line.slice(0, -1) : line;
      }
      if (this.ended) return null;
      await this.#more();
    }
  }

  /** Resolves when the peer has finished or the connection is gone. Reads nothing away. */
  async whenEnded(): Promise<void> {
    while (!this.ended) await this.#more();
  }

  #taken(count: number): void {
    this.#size -= count;
    if (this.#size <= HIGH_WATERMARK && this.#socket.isPaused()) this.#socket.resume();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #finish(error: Error | null): void {
    this.ended = true;
    this.error ??= error;
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
