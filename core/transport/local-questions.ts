import { chmodSync, rmSync } from "node:fs";
import net from "node:net";

/** Longest question, in characters: who asks runs under the same user. */
const MAX_QUESTION = 1024 * 1024;

/** Asks whoever answers at the path of a Unix socket: one line there, one text back. null: nobody does. "" when it ended without an answer. */
export function askLocally(path: string, question: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(question + "\n"));
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("error", () => resolve(null));
    socket.on("close", () => resolve(text));
  });
}

/**
 * Answers questions at the path, for this user only. A file that an ended process left there is replaced. Rejected when it can't listen.
 * @returns gives the path up.
 */
export async function answerLocally(path: string, answer: (question: string) => Promise<string>): Promise<() => void> {
  rmSync(path, { force: true });
  const server = net.createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_QUESTION) socket.destroy();
      else if (text.endsWith("\n")) {
        const question = text.slice(0, -1);
        text = "";
        void answer(question).then((said) => socket.end(said));
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // Nobody else may connect, from the first moment.
    const mask = process.umask(0o177);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
    process.umask(mask);
  });
  chmodSync(path, 0o600);
  server.unref();
  return () => void server.close();
}
