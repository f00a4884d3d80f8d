import type { HeaderMap } from "../contract/headers.ts";
import type { Hold } from "../contract/stream.ts";
import type { ChainStep, DirectionSteps } from "./chain.ts";
import type { HttpStreamImpl } from "./http-stream.ts";

/** What a hook of any kind may return; narrowed by `kind` and by type where it is read. */
export type HookReturn = undefined | Uint8Array | { readonly kind: "stop" | "hold" } | Promise<unknown>;

/** Where headers, a chunk or trailers have to go on after a hook that waited. */
const HEADERS = 0;
const BODY = 1;
const TRAILERS = 2;

/** What came while the direction was waiting for a promise. */
interface Waiting {
  chunk: Uint8Array | null;
  end: boolean;
  trailers: HeaderMap | null;
  from: number;
}

/**
 * One direction of one stream through its filters. The fast path is three loops over hooks that return undefined; everything that
 * makes a hook wait, hold, replace or add lives behind a comparison and allocates only then.
 *
 * Two ways to stop: a promise (everything that arrives later queues at the entrance, and the source is asked to pause), and HOLD
 * (headers stay before `holdAt`; the body flows through the filters before it and is collected there).
 */
export abstract class Flow {
  readonly stream: HttpStreamImpl;
  readonly steps: DirectionSteps;
  /** The last event has gone in. */
  ended: boolean;
  /** Nothing moves any more: replied, reset or complete. */
  stopped: boolean;
  /** A hook's promise is outstanding. */
  waiting: boolean;
  /** Position that holds the headers, or -1. */
  holdAt: number;
  /** Position whose hook runs now. */
  cursor: number;
  #queue: Waiting[] | null;
  #held: Uint8Array[] | null;
  #heldBytes: number;
  #heldLimit: number;
  #added: Uint8Array[] | null;
  #addedTrailers: HeaderMap | null;
  /** Position of the hook that added trailers: those behind it see no `end` before them. */
  #trailersAt: number;

  constructor(stream: HttpStreamImpl, steps: DirectionSteps) {
    this.stream = stream;
    this.steps = steps;
    this.ended = false;
    this.stopped = false;
    this.waiting = false;
    this.holdAt = -1;
    this.cursor = -1;
    this.#queue = null;
    this.#held = null;
    this.#heldBytes = 0;
    this.#heldLimit = 0;
    this.#added = null;
    this.#addedTrailers = null;
    this.#trailersAt = -1;
  }

  protected abstract callHeaders(step: ChainStep, end: boolean): HookReturn;
  protected abstract callBody(step: ChainStep, chunk: Uint8Array, end: boolean): HookReturn;
  protected abstract callTrailers(step: ChainStep, trailers: HeaderMap): HookReturn;
  /** What lies behind the last filter. */
  protected abstract outHeaders(end: boolean): void;
  protected abstract outBody(chunk: Uint8Array, end: boolean): void;
  protected abstract outTrailers(trailers: HeaderMap): void;
  protected abstract pauseSource(): void;
  protected abstract resumeSource(): void;
  /** Bytes that HOLD may collect at this position; 0: not declared. */
  protected abstract holdLimit(position: number): number;
  /** More than the bound came. Ends the stream. */
  protected abstract overflow(): void;

  headers(end: boolean): void {
    this.ended = end;
    if (!this.stopped) this.#headersFrom(0, end);
  }

  body(chunk: Uint8Array, end: boolean): void {
    if (end) this.ended = true;
    if (this.stopped) return;
    if (this.waiting) {
      this.#enqueue({ chunk, end, trailers: null, from: 0 });
      return;
    }
    this.#bodyFrom(0, chunk, end);
  }

  trailers(trailers: HeaderMap): void {
    this.ended = true;
    if (this.stopped) return;
    if (this.waiting) {
      this.#enqueue({ chunk: null, end: true, trailers, from: 0 });
      return;
    }
    this.#trailersFrom(0, trailers);
  }

  stop(): void {
    this.stopped = true;
    this.#queue = null;
    this.#held = null;
    this.#added = null;
    this.#addedTrailers = null;
  }

  addBody(chunk: Uint8Array): void {
    if (!this.stopped) (this.#added ??= []).push(chunk);
  }

  addTrailers(make: () => HeaderMap): HeaderMap {
    if (this.#addedTrailers === null) {
      this.#addedTrailers = make();
      this.#trailersAt = this.cursor;
    }
    return this.#addedTrailers;
  }

  #headersFrom(position: number, end: boolean): void {
    const steps = this.steps.headers;
    for (let k = 0; k < steps.length; k++) {
      const step = steps[k];
      if (step.position < position) continue;
      if (end && this.#addedTrailers !== null && step.position > this.#trailersAt) {
        this.#headersThenTrailers(step.position);
        return;
      }
      this.cursor = step.position;
      let result: HookReturn;
      try {
        result = this.callHeaders(step, end);
      } catch (error) {
        if (this.#failed(step, error)) continue;
        return;
      }
      if (this.stopped) {
        this.#dropped(step, result);
        return;
      }
      if (result !== undefined && !this.#headersResult(step, result, end)) return;
      if (this.#added !== null) {
        const added = this.#takeAdded();
        this.#headersFrom(step.position + 1, false);
        this.#sendAdded(step.position + 1, added, end);
        return;
      }
    }
    if (end && this.#addedTrailers !== null) {
      this.#headersThenTrailers(Infinity);
      return;
    }
    this.cursor = -1;
    this.outHeaders(end);
  }

  #headersThenTrailers(position: number): void {
    const trailers = this.#takeTrailers();
    const from = this.#trailersAt + 1;
    this.#headersFrom(position, false);
    this.#sendTrailers(from, trailers);
  }

  /** Whether the headers go on. */
  #headersResult(step: ChainStep, result: NonNullable<HookReturn>, end: boolean): boolean {
    if (result instanceof Promise) {
      this.#wait(step, result, HEADERS, EMPTY, end, null);
      return false;
    }
    if (isStop(result)) return false;
    if (!isHold(result))
      return this.#failed(step, new TypeError("a headers hook returned something that is neither Stop, HOLD nor a promise"));
    const declared = this.holdLimit(step.position);
    if (declared <= 0) {
      return this.#failed(step, new TypeError("HOLD was returned, but the definition declares no buffer for this direction"));
    }
    this.holdAt = step.position;
    this.#held = [];
    this.#heldBytes = 0;
    this.#heldLimit = result.limit ?? declared;
    if (end) this.#release(EMPTY, null);
    return false;
  }

  #bodyFrom(position: number, input: Uint8Array, end: boolean): void {
    const steps = this.steps.body;
    let chunk = input;
    for (let k = 0; k < steps.length; k++) {
      const step = steps[k];
      if (step.position < position) continue;
      if (this.holdAt >= 0 && step.position >= this.holdAt) break;
      if (end && this.#addedTrailers !== null && step.position > this.#trailersAt) {
        this.#bodyThenTrailers(step.position, chunk);
        return;
      }
      this.cursor = step.position;
      let result: HookReturn;
      try {
        result = this.callBody(step, chunk, end);
      } catch (error) {
        if (this.#failed(step, error)) continue;
        return;
      }
      if (this.stopped) {
        this.#dropped(step, result);
        return;
      }
      if (result !== undefined) {
        if (result instanceof Uint8Array) chunk = result;
        else if (result instanceof Promise) {
          this.#wait(step, result, BODY, chunk, end, null);
          return;
        } else if (isStop(result)) return;
        else if (!this.#failed(step, new TypeError("a body hook returned something that is neither bytes, Stop nor a promise")))
          return;
      }
      if (this.#added !== null) {
        const added = this.#takeAdded();
        this.#bodyFrom(step.position + 1, chunk, false);
        this.#sendAdded(step.position + 1, added, end);
        return;
      }
    }
    if (end && this.#addedTrailers !== null && (this.holdAt < 0 || this.holdAt > this.#trailersAt)) {
      this.#bodyThenTrailers(Infinity, chunk);
      return;
    }
    this.cursor = -1;
    if (this.holdAt >= 0) this.#hold(chunk, end);
    else this.outBody(chunk, end);
  }

  #bodyThenTrailers(position: number, chunk: Uint8Array): void {
    const trailers = this.#takeTrailers();
    const from = this.#trailersAt + 1;
    this.#bodyFrom(position, chunk, false);
    this.#sendTrailers(from, trailers);
  }

  #trailersFrom(position: number, trailers: HeaderMap): void {
    const steps = this.steps.trailers;
    for (let k = 0; k < steps.length; k++) {
      const step = steps[k];
      if (step.position < position) continue;
      if (this.holdAt >= 0 && step.position >= this.holdAt) break;
      if (this.#addedTrailers !== null && step.position > this.#trailersAt) this.#mergeTrailers(trailers);
      this.cursor = step.position;
      let result: HookReturn;
      try {
        result = this.callTrailers(step, trailers);
      } catch (error) {
        if (this.#failed(step, error)) continue;
        return;
      }
      if (this.stopped) {
        this.#dropped(step, result);
        return;
      }
      if (result instanceof Promise) {
        this.#wait(step, result, TRAILERS, EMPTY, true, trailers);
        return;
      }
      if (this.#added !== null) this.#sendAdded(step.position + 1, this.#takeAdded(), false);
      if (this.stopped) return;
      if (result !== undefined) {
        if (result instanceof Uint8Array) {
          this.#sendBody(step.position + 1, result, true);
          return;
        }
        if (isStop(result)) return;
        if (!this.#failed(step, new TypeError("a trailers hook returned something that is neither bytes, Stop nor a promise")))
          return;
      }
      // What was added may wait at a hook behind this one; the trailers go behind it.
      if (this.waiting) {
        this.#sendTrailers(step.position + 1, trailers);
        return;
      }
    }
    this.cursor = -1;
    if (this.holdAt >= 0) {
      this.#release(joined(this.#held), trailers);
      return;
    }
    if (this.#addedTrailers !== null) this.#mergeTrailers(trailers);
    this.outTrailers(trailers);
  }

  #takeAdded(): readonly Uint8Array[] {
    const added = this.#added ?? [];
    this.#added = null;
    return added;
  }

  #takeTrailers(): HeaderMap {
    const trailers = this.#addedTrailers!;
    this.#addedTrailers = null;
    return trailers;
  }

  /** Trailers were added before the message turned out to have some. */
  #mergeTrailers(trailers: HeaderMap): void {
    const { list } = this.#takeTrailers();
    if (list !== trailers.list) for (let i = 0; i < list.length; i += 2) trailers.append(list[i], list[i + 1]);
  }

  /** Sends what a hook added behind what has just passed it. */
  #sendAdded(from: number, chunks: readonly Uint8Array[], end: boolean): void {
    for (let i = 0; i < chunks.length; i++) this.#sendBody(from, chunks[i], end && i === chunks.length - 1);
  }

  /** As #bodyFrom, but behind what already waits. */
  #sendBody(from: number, chunk: Uint8Array, end: boolean): void {
    if (this.stopped) return;
    if (this.waiting) this.#enqueue({ chunk, end, trailers: null, from });
    else this.#bodyFrom(from, chunk, end);
  }

  #sendTrailers(from: number, trailers: HeaderMap): void {
    if (this.stopped) return;
    if (this.waiting) this.#enqueue({ chunk: null, end: true, trailers, from });
    else this.#trailersFrom(from, trailers);
  }

  /** What is further on its way goes first: it is older. */
  #enqueue(item: Waiting): void {
    const queue = (this.#queue ??= []);
    let at = queue.length;
    while (at > 0 && queue[at - 1].from < item.from) at--;
    queue.splice(at, 0, item);
  }

  #hold(chunk: Uint8Array, end: boolean): void {
    const held = this.#held;
    if (held === null) return;
    if (chunk.length > 0) {
      this.#heldBytes += chunk.length;
      if (this.#heldBytes > this.#heldLimit) {
        this.overflow();
        return;
      }
      held.push(chunk);
    }
    if (end) this.#release(joined(held), null);
  }

  /** The held message is whole: body hook of the holder, then its headers go on, then the body behind it. */
  #release(body: Uint8Array, trailers: HeaderMap | null): void {
    const position = this.holdAt;
    this.holdAt = -1;
    this.#held = null;
    const step = this.steps.body.find((s) => s.position === position);
    let chunk = body;
    if (step !== undefined) {
      this.cursor = position;
      let result: HookReturn;
      try {
        result = this.callBody(step, body, trailers === null);
      } catch (error) {
        if (!this.#failed(step, error)) return;
      }
      if (this.stopped) {
        this.#dropped(step, result);
        return;
      }
      if (result instanceof Promise) {
        this.waiting = true;
        this.pauseSource();
        result.then(
          (value: unknown) => this.#releaseSettled(step, value, body, trailers),
          (error: unknown) => {
            this.waiting = false;
            if (!this.stopped && this.#failed(step, error)) this.#releaseSettled(step, undefined, body, trailers);
          },
        );
        return;
      }
      if (result instanceof Uint8Array) chunk = result;
      else if (result !== undefined) {
        if (isStop(result)) return;
        if (!this.#failed(step, new TypeError("a body hook returned something that is neither bytes, Stop nor a promise")))
          return;
      }
    }
    this.#goOn(position, chunk, trailers);
  }

  #releaseSettled(step: ChainStep, value: unknown, body: Uint8Array, trailers: HeaderMap | null): void {
    this.waiting = false;
    if (this.stopped || isStop(value)) return;
    this.cursor = step.position;
    if (value !== undefined && !(value instanceof Uint8Array)) {
      if (!this.#failed(step, new TypeError("a body hook promised something that is neither bytes nor Stop"))) return;
    }
    this.#goOn(step.position, value instanceof Uint8Array ? value : body, trailers);
    this.#drain();
  }

  #goOn(position: number, chunk: Uint8Array, trailers: HeaderMap | null): void {
    const added = this.#takeAdded();
    const end = trailers === null;
    const empty = chunk.length === 0 && added.length === 0;
    this.#headersFrom(position + 1, empty && end);
    if (!empty) {
      this.#sendBody(position + 1, chunk, end && added.length === 0);
      this.#sendAdded(position + 1, added, end);
    }
    // The holder's own hook has not seen them.
    if (trailers !== null) this.#sendTrailers(position, trailers);
  }

  #wait(
    step: ChainStep,
    promise: Promise<unknown>,
    phase: number,
    chunk: Uint8Array,
    end: boolean,
    trailers: HeaderMap | null,
  ): void {
    this.waiting = true;
    this.pauseSource();
    promise.then(
      (value: unknown) => this.#settled(step, value, phase, chunk, end, trailers),
      (error: unknown) => {
        // The stream ended meanwhile: what was asked for on its behalf may well be rejected (an aborted fetch).
        if (this.stopped) return;
        this.waiting = false;
        this.cursor = step.position;
        if (this.#failed(step, error)) this.#settled(step, undefined, phase, chunk, end, trailers);
      },
    );
  }

  #settled(step: ChainStep, value: unknown, phase: number, chunk: Uint8Array, end: boolean, trailers: HeaderMap | null): void {
    this.waiting = false;
    if (this.stopped || isStop(value)) return;
    this.cursor = step.position;
    const bytes = value instanceof Uint8Array;
    if (value !== undefined && (phase === HEADERS ? !isHold(value) : !bytes)) {
      if (!this.#failed(step, new TypeError("a hook promised something that it may not return"))) return;
    }
    // What the waiting hook added goes behind what waited; the rest of the queue after that.
    const next = step.position + 1;
    const added = this.#takeAdded();
    const last = end && added.length === 0;
    if (phase === HEADERS) {
      if (!isHold(value) || this.#headersResult(step, value, end)) this.#headersFrom(next, last);
      this.#sendAdded(next, added, end);
    } else if (phase === BODY) {
      this.#bodyFrom(next, bytes ? value : chunk, last);
      this.#sendAdded(next, added, end);
    } else if (trailers !== null) {
      this.#sendAdded(next, added, false);
      if (bytes) this.#sendBody(next, value, true);
      else this.#sendTrailers(next, trailers);
    }
    this.#drain();
  }

  /** Lets what queued up go on, until a hook waits again. */
  #drain(): void {
    while (!this.waiting && !this.stopped) {
      const next = this.#queue?.shift();
      if (next === undefined) {
        this.#queue = null;
        this.resumeSource();
        this.stream.flushResponse();
        return;
      }
      if (next.trailers !== null) this.#trailersFrom(next.from, next.trailers);
      else if (next.chunk !== null) this.#bodyFrom(next.from, next.chunk, next.end);
    }
  }

  /** A hook ended the stream itself. Should its promise be rejected later that is noted: nobody else would catch it. */
  #dropped(step: ChainStep, result: HookReturn): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.stream.lateFailure(step.index, error));
  }

  /** Whether the stream goes on without the hook that failed. */
  #failed(step: ChainStep, error: unknown): boolean {
    if (this.stopped) return false;
    return this.stream.hookFailed(step.index, error);
  }
}

const EMPTY = new Uint8Array(0);

function joined(chunks: readonly Uint8Array[] | null): Uint8Array {
  if (chunks === null || chunks.length === 0) return EMPTY;
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

function isStop(value: unknown): value is { readonly kind: "stop" } {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "stop";
}

function isHold(value: unknown): value is Hold {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "hold";
}
