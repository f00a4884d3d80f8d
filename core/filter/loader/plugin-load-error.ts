/** Why a plugin could not be loaded. Each is documented in docs/errors.md. */
export type PluginErrorCode =
  /** There is no such file, or no such package. */
  | "plugin.not_found"
  /** The code does not compile: syntax, an import that leads nowhere, top-level await. */
  | "plugin.syntax"
  /** The module threw while it was loaded. */
  | "plugin.threw"
  /** The module exports nothing that `defineFilter` made. */
  | "plugin.no_definition"
  /** Two exports have the same id. */
  | "plugin.duplicate_id"
  /** A definition was made for another version of the contract, or its shape is wrong. */
  | "plugin.invalid_definition";

/** Place in a source file. `line` and `column` count from 1; 0 when only the file is known. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A plugin could not be loaded. The message is complete: the place, then `text`. */
export class PluginLoadError extends Error {
  readonly code: PluginErrorCode;
  readonly place: SourcePlace;
  /** What was found, without the place. */
  readonly text: string;
  /** Files whose change may mend it: what to watch. */
  readonly files: readonly string[];

  constructor(code: PluginErrorCode, place: SourcePlace, message: string, files: readonly string[], cause?: unknown) {
    const where = place.line > 0 ? `${place.file}:${place.line}:${place.column}` : place.file;
    super(`${where}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = "PluginLoadError";
    this.code = code;
    this.place = place;
    this.text = message;
    this.files = files;
  }
}
