import { configTree, type ConfigTree } from "../config-files.ts";
import { type FileText, FileTexts } from "./file-texts.ts";

/** Where files are listed and read: the disk, or what another process read there. */
export interface ConfigSource {
  /** As `configTree`. */
  tree(paths: readonly string[]): Promise<ConfigTree>;
  /** Texts in the order of the files. */
  read(files: readonly string[]): Promise<readonly FileText[]>;
}

/** The disk. What did not change is not read again. */
export function diskSource(): ConfigSource {
  const texts = new FileTexts();
  return { tree: configTree, read: (files) => texts.read(files) };
}
