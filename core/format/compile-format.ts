import type { StreamInfo } from "../contract/stream.ts";
import type { FormatOptions, Read } from "./operator.ts";
import { parseFormat } from "./parse-format.ts";
import type { Segment } from "./parse-format.ts";

/** A compiled format. */
export interface Formatter {
  /** The text for a stream, as a byte string (one character a byte; write it as "latin1"). Never throws. */
  format(info: StreamInfo): string;
  /** The text when it is the same for every stream, else undefined. */
  readonly constant: string | undefined;
}

/**
 * Compiles Envoy's format strings ("Access logging", command operators; also used for headers and for the bodies of local replies).
 * Throws a {@link FormatError} with the place of the mistake.
 */
export function compileFormat(text: string, options: FormatOptions = {}): Formatter {
  const segments = parseFormat(text, options);
  if (segments.length === 0) return new ConstantFormatter("");
  if (segments.length === 1 && typeof segments[0] === "string") return new ConstantFormatter(segments[0]);
  return new TextFormatter(segments, options.omitEmptyValues === true ? "" : "-");
}

/** Text without operators. */
export class ConstantFormatter implements Formatter {
  readonly constant: string;
  constructor(constant: string) {
    this.constant = constant;
  }
  format(): string {
    return this.constant;
  }
}

/** Text and operators in turn: `head`, then each operator's value and the text behind it. */
class TextFormatter implements Formatter {
  readonly constant = undefined;
  readonly #head: string;
  readonly #reads: readonly Read[];
  readonly #tails: readonly string[];
  readonly #absent: string;

  constructor(segments: readonly Segment[], absent: string) {
    const reads: Read[] = [];
    const tails: string[] = [];
    let head = "";
    for (const segment of segments) {
      if (typeof segment !== "string") {
        reads.push(segment.read);
        tails.push("");
      } else if (tails.length === 0) head = segment;
      else tails[tails.length - 1] = segment;
    }
    this.#head = head;
    this.#reads = reads;
    this.#tails = tails;
    this.#absent = absent;
  }

  format(info: StreamInfo): string {
    const reads = this.#reads;
    const tails = this.#tails;
    let out = this.#head;
    for (let i = 0; i < reads.length; i++) {
      const value = reads[i](info);
      out += (value === undefined ? this.#absent : value) + tails[i];
    }
    return out;
  }
}
