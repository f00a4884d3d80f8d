import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A file to read. */
export interface ConfigFile {
  readonly file: string;
  /** Found in a folder, not named: then it may be empty. */
  readonly found: boolean;
}

const EXTENSION = /\.(?:ya?ml|json)$/i;

/**
 * The files that paths stand for: a file for itself, a folder for the `.yaml`, `.yml` and `.json` files in it and below, by name.
 * What begins with a dot is passed over, as are `node_modules`. A path that does not exist stays, for whoever reads it to say so. Each
 * file comes once.
 */
export async function configFiles(paths: readonly string[]): Promise<readonly ConfigFile[]> {
  const files = new Map<string, ConfigFile>();
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isFolder) files.set(path, { file: path, found: false });
    else for (const file of await filesBelow(path)) if (!files.has(file)) files.set(file, { file, found: true });
  }
  return [...files.values()];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    // A link is what it points to: Kubernetes mounts ConfigMaps so.
    const isFolder = entry.isSymbolicLink()
      ? await stat(path).then(
          (stats) => stats.isDirectory(),
          () => false,
        )
      : entry.isDirectory();
    if (isFolder) files.push(...(entry.isSymbolicLink() ? [] : await filesBelow(path)));
    else if (EXTENSION.test(entry.name)) files.push(path);
  }
  return files;
}
