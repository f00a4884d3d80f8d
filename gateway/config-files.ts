import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A file to read. */
export interface ConfigFile {
  readonly file: string;
  /** Found in a folder, not named: then it may be empty. */
  readonly found: boolean;
}

/** A file, and how it is to be watched. */
export interface TreeFile extends ConfigFile {
  /** Named, or a link: its folder does not tell of all its changes. */
  readonly isLink: boolean;
}

/** What paths stand for. */
export interface ConfigTree {
  readonly files: readonly TreeFile[];
  /** The folders that were looked through: a file may appear in any of them. */
  readonly folders: readonly string[];
}

const EXTENSION = /\.(?:ya?ml|json)$/i;

/** Whether a name in a folder is that of a file to read. */
export function isConfigName(name: string): boolean {
  return EXTENSION.test(name) && !isHidden(name);
}

/** Whether a name in a folder is passed over, file or folder. */
export function isHidden(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

/**
 * The files that paths stand for: a file for itself, a folder for the `.yaml`, `.yml` and `.json` files in it and below, by name.
 * What begins with a dot is passed over, as are `node_modules`. A path that does not exist stays, for whoever reads it to say so. Each
 * file comes once.
 */
export async function configTree(paths: readonly string[]): Promise<ConfigTree> {
  const files = new Map<string, TreeFile>();
  const folders: string[] = [];
  for (const path of paths) {
    if (!(await isFolder(path))) files.set(path, { file: path, found: false, isLink: true });
    else for (const file of await filesBelow(path, folders)) if (!files.has(file.file)) files.set(file.file, file);
  }
  return { files: [...files.values()], folders };
}

/** The files of `configTree`. */
export async function configFiles(paths: readonly string[]): Promise<readonly ConfigFile[]> {
  return (await configTree(paths)).files.map(({ file, found }) => ({ file, found }));
}

async function filesBelow(folder: string, folders: string[]): Promise<TreeFile[]> {
  folders.push(folder);
  // A folder that goes away meanwhile has no files.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files: TreeFile[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isHidden(entry.name)) continue;
    const path = join(folder, entry.name);
    const isLink = entry.isSymbolicLink();
    // A link is what it points to: Kubernetes mounts ConfigMaps so.
    const isBelow = isLink ? await isFolder(path) : entry.isDirectory();
    if (isBelow) files.push(...(isLink ? [] : await filesBelow(path, folders)));
    else if (isConfigName(entry.name)) files.push({ file: path, found: true, isLink });
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
