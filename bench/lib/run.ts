import { spawn } from "node:child_process";

/** Runs a program to its end: what it printed. Rejects when it ends with another code than 0. */
export function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    child.stdout.on("data", (data: Buffer) => (out += String(data)));
    child.stderr.on("data", (data: Buffer) => (out += String(data)));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${command} ended with ${code}: ${out}`))));
  });
}
