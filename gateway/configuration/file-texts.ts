import { type BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { clock } from "../../core/transport/clock.ts";
import { ReadError, readText } from "../read-text.ts";

/** What a file holds, or why it can't be told. */
export type FileText = string | ReadError;

interface Entry {
  readonly stamp: string;
  readonly text: FileText;
}

/** Files that are read at the same time. */
const AT_ONCE = 16;
/**
 * Two writes within this time may leave the same time stamp: a file that was that young when it was read is read again, as git does for its index. ms.
 */
const RACY = 2_000;

/** Texts of files, read again only when the file is another one or was written: looking costs a tenth of reading. */
export class FileTexts {
  #entries: ReadonlyMap<string, Entry> = new Map();

  /** The texts, in the order of the files. What is not among the files is forgotten. */
  async read(files: readonly string[]): Promise<readonly FileText[]> {
    const entries = new Map<string, Entry>();
    const waiting = files.entries();
    const texts = new Array<FileText>(files.length);
    const work = async (): Promise<void> => {
      for (const [i, file] of waiting) {
        const before = this.#entries.get(file);
        const now = clock.wallNow();
        const stamp = stampOf(await stat(file, { bigint: true }).catch(() => null), now);
        const entry = stamp !== "" && before?.stamp === stamp ? before : { stamp, text: await textOf(file) };
        entries.set(file, entry);
        texts[i] = entry.text;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.#entries = entries;
    return texts;
  }
}

/** Tells a file's content from another; "" when that can't be relied on. */
function stampOf(stats: BigIntStats | null, now: number): string {
  if (stats === null || now - Number(stats.mtimeMs) < RACY || now - Number(stats.ctimeMs) < RACY) return "";
  return `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
}

async function textOf(file: string): Promise<FileText> {
  try {
    return await readText(file);
  } catch (error) {
    if (error instanceof ReadError) return error;
    throw error;
  }
}
