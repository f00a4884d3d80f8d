import type { Logger } from "../contract/filter.ts";
import type { Clock } from "../transport/clock.ts";

/** Envoy's levels, least urgent first. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"] as const;
/** One of Envoy's levels. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a text names a level. "warn" is taken for "warning", as Envoy's command line does. */
export function parseLogLevel(text: string): LogLevel | undefined {
  if (text === "warn") return "warning";
  return (LOG_LEVELS as readonly string[]).includes(text) ? (text as LogLevel) : undefined;
}

/** How the program's own log is set up. */
export interface LoggersOptions {
  /** Takes whole lines, newline included. Default: the caller's business; the assembly writes to standard error. */
  readonly write: (line: string) => void;
  readonly clock: Clock;
  /** Level of components that were given none. Default "info". */
  readonly level?: LogLevel;
  /** Shown as the thread, in Envoy's place of it: the process's id. */
  readonly pid: number;
}

/**
 * The loggers of a process, one a component, with levels that can change while it runs (`/logging`). A line is
 * `[2026-11-24 02:51:12.055][7406][info][main] text`, as Envoy's.
 */
export class Loggers {
  readonly #options: LoggersOptions;
  readonly #loggers = new Map<string, ComponentLogger>();
  #level: LogLevel;

  constructor(options: LoggersOptions) {
    this.#options = options;
    this.#level = options.level ?? "info";
  }

  /** The logger of a component ("main", "config", "upstream", "http", "filter", ...). Look it up once. */
  get(component: string): ComponentLogger {
    let logger = this.#loggers.get(component);
    if (logger === undefined) {
      logger = new ComponentLogger(component, this.#level, (level, message) => this.#write(level, component, message));
      this.#loggers.set(component, logger);
    }
    return logger;
  }

  /** Sets the level of all components, and of those still to come. */
  setAll(level: LogLevel): void {
    this.#level = level;
    for (const logger of this.#loggers.values()) logger.level = level;
  }

  /** Sets the level of one component; false if there is no such component. */
  set(component: string, level: LogLevel): boolean {
    const logger = this.#loggers.get(component);
    if (logger === undefined) return false;
    logger.level = level;
    return true;
  }

  /** Components and their levels, in the order in which they were made. */
  levels(): ReadonlyArray<readonly [component: string, level: LogLevel]> {
    return [...this.#loggers.values()].map((logger) => [logger.component, logger.level]);
  }

  #write(level: LogLevel, component: string, message: string): void {
    const time = new Date(this.#options.clock.wallNow()).toISOString();
    const stamp = time.slice(0, 10) + " " + time.slice(11, 23);
    this.#options.write(`[${stamp}][${this.#options.pid}][${level}][${component}] ${oneLine(message)}\n`);
  }
}

/** The logger of one component. A line below its level costs a comparison. */
export class ComponentLogger implements Logger {
  readonly component: string;
  readonly #emit: (level: LogLevel, message: string) => void;
  #level: LogLevel;
  #rank: number;

  constructor(component: string, level: LogLevel, emit: (level: LogLevel, message: string) => void) {
    this.component = component;
    this.#emit = emit;
    this.#level = level;
    this.#rank = LOG_LEVELS.indexOf(level);
  }

  get level(): LogLevel {
    return this.#level;
  }
  set level(level: LogLevel) {
    this.#level = level;
    this.#rank = LOG_LEVELS.indexOf(level);
  }

  /** Whether a line of this level would be written: ask before putting together a costly one. */
  enabled(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#rank;
  }

  trace(message: string): void {
    if (this.#rank <= 0) this.#emit("trace", message);
  }
  debug(message: string): void {
    if (this.#rank <= 1) this.#emit("debug", message);
  }
  info(message: string): void {
    if (this.#rank <= 2) this.#emit("info", message);
  }
  warn(message: string): void {
    if (this.#rank <= 3) this.#emit("warning", message);
  }
  error(message: string): void {
    if (this.#rank <= 4) this.#emit("error", message);
  }
  critical(message: string): void {
    if (this.#rank <= 5) this.#emit("critical", message);
  }
}

/** Messages may quote what a peer sent: control characters are shown, not sent to a terminal. Line ends of a stack stay. */
function oneLine(message: string): string {
  return message.replace(/[\0-\x08\x0b-\x1f\x7f]/g, (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));
}
