import type { LogLevel } from "../core/observe/logger.ts";
import type { GatewayArguments } from "./arguments.ts";
import { allFilters } from "./filters.ts";
import { ConfigurationError, Gateway } from "./gateway.ts";
import { bootstrapFor } from "./to-bootstrap.ts";
import { FileWatcher } from "./watch.ts";

/** Runs a gateway until a signal ends it. The exit code when it could not start; undefined while it serves. */
export async function runGateway(args: GatewayArguments, logLevel: LogLevel): Promise<number | undefined> {
  let text: string | undefined;
  if (args.to !== "") {
    const made = bootstrapFor(args.to, args.port);
    if ("problem" in made) {
      process.stderr.write(`isthmus: ${made.problem}\n`);
      return 2;
    }
    text = made.text;
  }
  let end = (): void => undefined;
  let gateway: Gateway;
  try {
    gateway = await Gateway.start({
      file: args.to !== "" ? "--to.json" : args.file,
      text,
      filters: allFilters,
      plugins: args.plugins,
      allowUnsupported: args.allowUnsupported,
      logLevel,
      adminPort: args.adminPort,
      drainTime: args.drainTime,
      onQuit: () => end(),
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(error instanceof ConfigurationError ? `${error.message}\n` : `isthmus: ${explain(error)}\n`);
    return 1;
  }
  const log = gateway.loggers.get("main");
  const watcher = args.watch && text === undefined ? new FileWatcher(() => reload("an edit")) : null;
  watcher?.set(gateway.files);
  const reload = (why: string): void => {
    gateway.reload().then(
      () => watcher?.set(gateway.files),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        log.error(`${why} was refused, the last good configuration keeps serving:\n${message}`);
      },
    );
  };
  let ending = false;
  end = (): void => {
    // A second signal is impatience: end at once.
    if (ending) process.exit(1);
    ending = true;
    watcher?.close();
    log.info("draining");
    gateway.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("SIGHUP", () => reload("SIGHUP"));
  process.on("SIGUSR2", () => gateway.logFiles.reopen());
  process.on("exit", () => gateway.logFiles.flushSync());
  log.info("all listeners are up");
  return undefined;
}

/** What the system says, with the address that it is about. */
function explain(error: Error): string {
  const { code, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === "EADDRINUSE") return `${address ?? ""}:${port ?? ""} is in use by another process`;
  if (code === "ENOENT" && path !== undefined) return `${path}: there is no such file`;
  return error.message;
}
