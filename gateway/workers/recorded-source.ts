import type { ConfigTree } from "../config-files.ts";
import { type ConfigSource, diskSource } from "../configuration/config-source.ts";
import type { FileText } from "../configuration/file-texts.ts";
import { ReadError } from "../read-text.ts";
import type { Sources } from "./messages.ts";

/** The disk, and what was read there last: for the workers. */
export class RecordedSource implements ConfigSource {
  readonly #disk = diskSource();
  #tree: ConfigTree = { files: [], folders: [] };
  #texts: ReadonlyMap<string, string> = new Map();

  get last(): Sources {
    return { tree: this.#tree, texts: this.#texts };
  }

  async tree(paths: readonly string[]): Promise<ConfigTree> {
    return (this.#tree = await this.#disk.tree(paths));
  }

  async read(files: readonly string[]): Promise<readonly FileText[]> {
    const read = await this.#disk.read(files);
    // With a file that can't be read the configuration is refused before any worker hears of it.
    this.#texts = new Map(files.map((file, i) => [file, typeof read[i] === "string" ? read[i] : ""]));
    return read;
  }
}

/** What a supervisor has read. */
export class SentSource implements ConfigSource {
  current: Sources = { tree: { files: [], folders: [] }, texts: new Map() };

  tree(): Promise<ConfigTree> {
    return Promise.resolve(this.current.tree);
  }

  read(files: readonly string[]): Promise<readonly FileText[]> {
    return Promise.resolve(
      files.map((file) => this.current.texts.get(file) ?? new ReadError(file, "the supervisor did not send it")),
    );
  }
}
