import { resolve } from "node:path";
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
  let gateway: Gateway | null = null;
  let ending = false;
  const end = (): void => {
    // Nothing serves yet; and a second signal is impatience: end at once.
    if (gateway === null || ending) process.exit(1);
    ending = true;
    watcher?.close();
    gateway.loggers.get("main").info("draining");
    gateway.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const reload = (why: string): void => {
    // An edit while the first configuration is being read: it is read again when that is over.
    if (gateway === null) {
      early = true;
      return;
    }
    if (ending) return;
    const running = gateway;
    running.reload().then(
      () => {
        if (!ending) watcher?.set(running.files);
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (!ending)
          running.loggers.get("config").error(`${why} was refused, the last good configuration keeps serving:\n${message}`);
      },
    );
  };
  let early = false;
  const watcher = args.watch
    ? new FileWatcher({
        onChange: () => reload("an edit"),
        onError: (folder, error) => gateway?.loggers.get("config").error(`${folder} can't be watched: ${error.message}`),
      })
    : null;
  if (text === undefined) watcher?.set([resolve(args.file)]);
  // Node would open a port for its debugger.
  process.on("SIGUSR1", () => gateway?.logFiles.reopen());
  process.on("SIGUSR2", () => gateway?.logFiles.reopen());
  process.on("SIGHUP", () => reload("SIGHUP"));
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
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
      onQuit: end,
    });
  } catch (error) {
    watcher?.close();
    if (!(error instanceof Error)) throw error;
    process.stderr.write(error instanceof ConfigurationError ? `${error.message}\n` : `isthmus: ${error.message}\n`);
    return 1;
  }
  const { loggers, logFiles } = gateway;
  process.on("exit", () => logFiles.flushSync());
  watcher?.set(gateway.files);
  if (early) reload("an edit");
  loggers.get("main").info("all listeners are up");
  return undefined;
}
