import { existsSync, type FSWatcher, realpathSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** An editor writes a file in several steps, or writes another and renames it: what comes within this time is one change. ms. */
const SETTLE = 50;
/** How often to look whether a folder that is gone is back. ms. */
const LOOK_AGAIN = 500;

interface Folder {
  /** null while there is no such folder. */
  watcher: FSWatcher | null;
  names: ReadonlySet<string>;
}

/** What a watcher tells. */
export interface FileWatcherOptions {
  /** One of the files has changed. */
  readonly onChange: () => void;
  /** A folder can't be watched for another reason than that it is not there: the system's limit of watches, for one. */
  readonly onError?: (folder: string, error: Error) => void;
}

/**
 * Calls back after a change of any of the files. Watches their folders, because a file that is replaced by a rename is another file, and what
 * Kubernetes mounts is replaced by a link; where a file is a link, also the folder of what it leads to.
 */
export class FileWatcher {
  readonly #options: FileWatcherOptions;
  readonly #folders: Map<string, Folder>;
  #files: readonly string[];
  #timer: NodeJS.Timeout | null;
  #again: NodeJS.Timeout | null;

  constructor(options: FileWatcherOptions) {
    this.#options = options;
    this.#folders = new Map();
    this.#files = [];
    this.#timer = null;
    this.#again = null;
  }

  /** From now on these files, and no others. */
  set(files: readonly string[]): void {
    this.#files = files;
    const wanted = new Map<string, Set<string>>();
    for (const file of files) {
      add(wanted, file);
      try {
        add(wanted, realpathSync(file));
      } catch {
        // Not there at the moment.
      }
    }
    for (const [folder, { watcher }] of this.#folders) {
      if (wanted.has(folder)) continue;
      watcher?.close();
      this.#folders.delete(folder);
    }
    for (const [path, names] of wanted) {
      const folder = this.#folders.get(path);
      if (folder === undefined) this.#folders.set(path, { watcher: this.#open(path), names });
      else {
        folder.names = names;
        folder.watcher ??= this.#open(path);
      }
    }
    if ([...this.#folders.values()].some(({ watcher }) => watcher === null)) this.#lookAgain();
  }

  #open(path: string): FSWatcher | null {
    try {
      const watcher = watch(path, { persistent: false }, (_event, name) => this.#event(path, name));
      watcher.on("error", () => this.#lost(path));
      return watcher;
    } catch (error) {
      if (existsSync(path)) this.#options.onError?.(path, error as Error);
      return null;
    }
  }

  #event(path: string, name: string | null): void {
    // A folder's own removal is told by its name: what it is watched by is gone with it.
    if (!existsSync(path)) this.#lost(path);
    // "..data" is what Kubernetes swaps.
    const names = this.#folders.get(path)?.names;
    if (name === null || name === "..data" || names === undefined || names.has(name) || !existsSync(path)) this.#changed();
  }

  #lost(path: string): void {
    const folder = this.#folders.get(path);
    if (folder === undefined) return;
    folder.watcher?.close();
    folder.watcher = null;
    this.#lookAgain();
  }

  #lookAgain(): void {
    if (this.#again !== null) return;
    this.#again = setTimeout(() => {
      this.#again = null;
      const missing = [...this.#folders].filter(([, { watcher }]) => watcher === null).map(([path]) => path);
      if (missing.some((path) => existsSync(path))) {
        this.set(this.#files);
        this.#changed();
      } else if (missing.length > 0) this.#lookAgain();
    }, LOOK_AGAIN);
    this.#again.unref();
  }

  #changed(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // What a link leads to may be elsewhere now.
      this.set(this.#files);
      this.#options.onChange();
    }, SETTLE);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#again !== null) clearTimeout(this.#again);
    for (const { watcher } of this.#folders.values()) watcher?.close();
    this.#folders.clear();
  }
}

function add(folders: Map<string, Set<string>>, file: string): void {
  const folder = dirname(file);
  const names = folders.get(folder);
  if (names === undefined) folders.set(folder, new Set([basename(file)]));
  else names.add(basename(file));
}
