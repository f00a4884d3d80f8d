import { existsSync, type FSWatcher, realpathSync, statSync, watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isConfigName, isHidden } from "./config-files.ts";

/** An editor writes a file in several steps, or writes another and renames it: what comes within this time is one change. ms. */
const SETTLE = 50;
/** How often to look whether a folder that is gone is back. ms. */
const LOOK_AGAIN = 500;

interface Folder {
  /** null while there is no such folder. */
  watcher: FSWatcher | null;
  names: ReadonlySet<string>;
  /** Its files are read whatever their names: one may come, and so may a folder. */
  whole: boolean;
}

/** What a watcher tells. */
export interface FileWatcherOptions {
  /** One of the files has changed. */
  readonly onChange: () => void;
  /** A folder can't be watched for another reason than that it is not there: the system's limit of watches, for one. */
  readonly onError?: (folder: string, error: Error) => void;
}

/**
 * Calls back after a change of any of the files, and after one of what is in the folders. Watches their folders, because a file that is replaced by a rename is another file, and what
 * Kubernetes mounts is replaced by a link; where a file is a link, also the folder of what it leads to.
 */
export class FileWatcher {
  readonly #options: FileWatcherOptions;
  readonly #folders: Map<string, Folder>;
  #files: readonly string[];
  #wholeFolders: readonly string[];
  #timer: NodeJS.Timeout | null;
  #again: NodeJS.Timeout | null;

  constructor(options: FileWatcherOptions) {
    this.#options = options;
    this.#folders = new Map();
    this.#files = [];
    this.#wholeFolders = [];
    this.#timer = null;
    this.#again = null;
  }

  /** From now on these files, what is read of these folders (each for itself, not what is below), and no others. */
  set(files: readonly string[], folders: readonly string[] = []): void {
    this.#files = files;
    this.#wholeFolders = folders;
    const wanted = new Map<string, Set<string>>();
    const whole = new Set(folders.map((folder) => resolve(folder)));
    for (const folder of whole) wanted.set(folder, new Set());
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
      if (folder === undefined) this.#folders.set(path, { watcher: this.#open(path), names, whole: whole.has(path) });
      else {
        folder.names = names;
        folder.whole = whole.has(path);
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
    const folder = this.#folders.get(path);
    if (name === null || name === "..data" || folder === undefined || folder.names.has(name) || !existsSync(path))
      this.#changed();
    else if (folder.whole && (isConfigName(name) || this.#isFolder(join(path, name), name))) this.#changed();
  }

  /** A folder that is there or was, not an editor's file of a moment. */
  #isFolder(path: string, name: string): boolean {
    if (isHidden(name)) return false;
    return this.#folders.has(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
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
        this.set(this.#files, this.#wholeFolders);
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
      this.set(this.#files, this.#wholeFolders);
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
