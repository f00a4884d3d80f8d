import { resolve } from "node:path";
import type { LogLevel } from "../core/observe/logger.ts";
import type { GatewayArguments } from "./arguments.ts";
import { allFilters } from "./filters.ts";
import { Gateway } from "./gateway.ts";
import { ConfigurationError } from "./options.ts";
import { configTree } from "./config-files.ts";
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
    const watchOn = (): void => {
      if (!ending) watcher?.set(running.files, running.folders);
    };
    running.reload().then(watchOn, (error: unknown) => {
      // What was refused may be mended in a folder that is new.
      watchOn();
      const message = error instanceof Error ? error.message : String(error);
      if (!ending)
        running.loggers.get("config").error(`${why} was refused, the last good configuration keeps serving:\n${message}`);
    });
  };
  let early = false;
  const watcher = args.watch
    ? new FileWatcher({
        onChange: () => reload("an edit"),
        onError: (folder, error) => gateway?.loggers.get("config").error(`${folder} can't be watched: ${error.message}`),
      })
    : null;
  if (watcher !== null && text === undefined) {
    const { files, folders } = await configTree(args.paths);
    watcher.set(
      files.filter(({ isLink }) => isLink).map(({ file }) => resolve(file)),
      folders,
    );
  }
  // Node would open a port for its debugger.
  process.on("SIGUSR1", () => gateway?.logFiles.reopen());
  process.on("SIGUSR2", () => gateway?.logFiles.reopen());
  process.on("SIGHUP", () => reload("SIGHUP"));
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  try {
    gateway = await Gateway.start({
      ...(text === undefined ? { paths: args.paths } : { file: "--to.json", text }),
      namespace: args.namespace,
      labels: args.labels,
      ports: args.ports,
      ...(args.address === undefined ? {} : { address: args.address }),
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
  watcher?.set(gateway.files, gateway.folders);
  if (early) reload("an edit");
  loggers.get("main").info("all listeners are up");
  return undefined;
}
