import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** An editor writes a file in several steps, or writes another and renames it: what comes within this time is one change. ms. */
const SETTLE = 50;

/**
 * Calls back after a change of any of the files. Watches their folders, because a file that is replaced by a rename is another file,
 * and what Kubernetes mounts is replaced by a link.
 */
export class FileWatcher {
  readonly #onChange: () => void;
  readonly #folders: Map<string, { watcher: FSWatcher; names: Set<string> }>;
  #timer: NodeJS.Timeout | null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#folders = new Map();
    this.#timer = null;
  }

  /** From now on these files, and no others. */
  set(files: readonly string[]): void {
    const wanted = new Map<string, Set<string>>();
    for (const file of files) {
      const folder = dirname(file);
      let names = wanted.get(folder);
      if (names === undefined) wanted.set(folder, (names = new Set()));
      names.add(basename(file));
    }
    for (const [folder, entry] of this.#folders) {
      if (wanted.has(folder)) continue;
      entry.watcher.close();
      this.#folders.delete(folder);
    }
    for (const [folder, names] of wanted) {
      const existing = this.#folders.get(folder);
      if (existing !== undefined) existing.names = names;
      else this.#folders.set(folder, this.#open(folder, names));
    }
  }

  #open(folder: string, names: Set<string>): { watcher: FSWatcher; names: Set<string> } {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      // "..data" is what Kubernetes swaps.
      const known = this.#folders.get(folder)?.names;
      if (name === null || name === "..data" || known === undefined || known.has(name)) this.#changed();
    });
    watcher.on("error", () => undefined);
    return { watcher, names };
  }

  #changed(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#onChange();
    }, SETTLE);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }
}
