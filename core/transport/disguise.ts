import type { NativeStreams, StreamHandle } from "./native.ts";
import type { Buffer } from "node:buffer";

/** A property of a stream. Each has functions of its own, so that each call site of the runtime's sees only one. */
interface Property<T, V> {
  get(this: T): V;
  set?(this: T, value: V): void;
}

/** What the runtime's read and write functions want of the stream that they serve, in our words. `T` is that stream. */
export interface Disguise<T> {
  readonly handle: Property<T, StreamHandle>;
  readonly closed: Property<T, boolean>;
  /** Set when the kernel did not take a write at once: to its bytes. */
  readonly asyncBytes: Property<T, number>;
  /** Where reads go; null: wherever the runtime likes. */
  readonly readBuffer: Property<T, Buffer | null>;
  /** Called after `received`: where the next read goes, if that changes. */
  readonly nextReadBuffer: () => Buffer | undefined;
  /** Methods of the stream: called with `length` bytes in `buffer`; with null for the peer's FIN; when a write that waited is out. */
  readonly received: (this: T, length: number, buffer: Buffer) => boolean;
  readonly pushed: (this: T, chunk: Buffer | null) => boolean;
  readonly written: (this: T, request: { bytes: number }) => void;
}

function nothing(): void {}

/**
 * Gives a prototype the members by which the runtime's read and write functions know a `net.Socket` (its `destroy(error)` must be there already). They
 * are all on the prototype: an instance pays for none of them.
 */
export function disguise<T>(prototype: object, native: NativeStreams, as: Disguise<T>): void {
  const property = (name: string | symbol, descriptor: object): void => {
    Object.defineProperty(prototype, name, descriptor);
  };
  const value = (name: string | symbol, constant: unknown): void => property(name, { value: constant });
  value(native.updateTimer, nothing);
  value("_unrefTimer", nothing);
  value("on", nothing);
  value("read", nothing);
  value("push", as.pushed);
  value("_readableState", { endEmitted: false });
  // No write comes this far before the connection is there, so nothing is ever kept for later.
  value("connecting", false);
  property("_pendingData", { get: nothing, set: nothing });
  property("_pendingEncoding", { get: nothing, set: nothing });
  property("destroyed", as.closed);
  property("_handle", as.handle);
  property(native.handle, as.handle);
  property(native.lastWriteQueueSize, as.asyncBytes);
  value(native.afterAsyncWrite, as.written);
  property(native.buffer, as.readBuffer);
  value(native.bufferCallback, as.received);
  value(native.bufferGenerator, as.nextReadBuffer);
}
