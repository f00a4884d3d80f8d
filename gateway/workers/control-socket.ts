import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerLocally, askLocally } from "../../core/transport/local-questions.ts";

/** What a process asks that wants to take over: what it would run itself. */
export interface TakeOver {
  readonly pid: number;
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly script: string;
  /** Arguments behind the program's name. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The answer: the process that serves now, or why none does. */
export type Taken = { readonly live: number } | { readonly failed: string };

/** Where the gateway of this user and this number is asked. */
export function controlPath(baseId: number): string {
  return join(tmpdir(), `isthmus-${process.getuid?.() ?? 0}-${baseId}.sock`);
}

/** Asks the gateway at the path to let itself be taken over from; null: there is none. */
export async function askToTakeOver(path: string, question: TakeOver): Promise<Taken | null> {
  const text = await askLocally(path, JSON.stringify(question));
  if (text === null) return null;
  return text === "" ? { failed: "the running gateway ended meanwhile" } : (JSON.parse(text) as Taken);
}

/** Answers those that ask. @returns gives the path up. */
export function answerTakeOvers(path: string, take: (question: TakeOver) => Promise<Taken>): Promise<() => void> {
  return answerLocally(path, async (question) => JSON.stringify(await take(JSON.parse(question) as TakeOver)));
}
