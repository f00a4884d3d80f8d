import type { AccessLog } from "../../../core/contract/filter.ts";
import type { StreamInfo } from "../../../core/contract/stream.ts";
import type { Formatter } from "../../../core/format/compile-format.ts";
import type { LogFile } from "./log-file.ts";
import type { LogFilter } from "./log-filter.ts";

/** Writes a line to a file, or to a stream of the process, for each stream that its filter lets through. */
export class FileAccessLog implements AccessLog {
  readonly #file: LogFile;
  readonly #formatter: Formatter;
  readonly #filter: LogFilter | null;

  /** Takes the file over: `dispose` releases it. */
  constructor(file: LogFile, formatter: Formatter, filter: LogFilter | null) {
    this.#file = file;
    this.#formatter = formatter;
    this.#filter = filter;
  }

  log(info: StreamInfo): void {
    if (this.#filter === null || this.#filter(info)) this.#file.write(this.#formatter.format(info));
  }

  flush(): void {
    this.#file.flush();
  }

  reopen(): void {
    this.#file.reopen();
  }

  dispose(): void {
    this.#file.release();
  }
}
