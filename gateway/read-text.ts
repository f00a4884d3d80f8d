import { readFile } from "node:fs";

/** A byte order mark: some editors begin a file with it, and it is no part of the text. */
const BOM = "\uFEFF";

/** A file that can't be read: the message names it, `reason` does not. */
export class ReadError extends Error {
  readonly reason: string;
  /** There is no such file. */
  readonly isMissing: boolean;
  constructor(file: string, reason: string, cause?: unknown) {
    super(`${file}: ${reason}`, { cause });
    this.name = "ReadError";
    this.reason = reason;
    this.isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
  }
}

/**
 * Reads a file of configuration, which may begin with a byte order mark.
 * @throws ReadError
 */
export async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await new Promise((resolve, reject) =>
      readFile(file, (error, data) => (error === null ? resolve(data) : reject(error))),
    );
  } catch (error) {
    throw new ReadError(file, reason(error as NodeJS.ErrnoException), error);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ReadError(file, "found bytes that are no UTF-8, wanted a bootstrap in YAML or JSON");
  }
  return text.startsWith(BOM) ? text.slice(1) : text;
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "found a directory, wanted a file";
    case "EACCES":
      return "this process may not read it";
    default:
      return error.message;
  }
}
