import { resolve } from "node:path";
import type { LogLevel } from "../core/observe/logger.ts";
import type { GatewayArguments } from "./arguments.ts";
import { Gateway } from "./gateway.ts";
import { gatewayOptions } from "./gateway-options.ts";
import { ConfigurationError } from "./options.ts";
import { configTree } from "./config-files.ts";
import { bootstrapFor } from "./to-bootstrap.ts";
import { FileWatcher } from "./watch.ts";
import { answerTakeOvers, controlPath } from "./workers/control-socket.ts";
import { startSuccessor, takeOver, tellLive } from "./workers/hot-restart.ts";
import { Supervisor } from "./workers/supervisor.ts";

/**
 * Runs a gateway until a signal ends it. The exit code when it could not start; undefined while it serves.
 * @param inherited sockets of a predecessor's (`--hot-restart`).
 */
export async function runGateway(
  args: GatewayArguments,
  logLevel: LogLevel,
  inherited?: ReadonlyMap<string, unknown>,
): Promise<number | undefined> {
  const control = controlPath(args.baseId);
  if (args.hotRestart && inherited === undefined) {
    const code = await takeOver(control, process.argv.slice(2));
    if (code !== null) return code;
  }
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
  const supervisor = args.workers === 0 ? null : new Supervisor(args, logLevel, text, inherited);
  let ending = false;
  const end = (): void => {
    // Nothing serves yet; and a second signal is impatience: end at once.
    if (gateway === null || ending) process.exit(1);
    ending = true;
    watcher?.close();
    gateway.loggers.get("main").info("draining");
    const running = gateway;
    running.draining = true;
    Promise.resolve(supervisor?.stop(args.drainTime))
      .then(() => running.stop())
      .then(
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
  for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
    process.on(signal, () => {
      gateway?.logFiles.reopen();
      supervisor?.reopenLogs();
    });
  }
  process.on("SIGHUP", () => reload("SIGHUP"));
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  try {
    gateway = await Gateway.start({
      ...gatewayOptions(args, logLevel, text),
      onQuit: end,
      ...(supervisor === null ? {} : { role: supervisor.role }),
    });
    supervisor?.attach(gateway);
  } catch (error) {
    watcher?.close();
    await supervisor?.stop(0);
    if (!(error instanceof Error)) throw error;
    process.stderr.write(error instanceof ConfigurationError ? `${error.message}\n` : `isthmus: ${error.message}\n`);
    return 1;
  }
  const { loggers, logFiles } = gateway;
  process.on("exit", () => logFiles.flushSync());
  watcher?.set(gateway.files, gateway.folders);
  if (early) reload("an edit");
  loggers.get("main").info("all listeners are up");
  if (supervisor !== null && args.hotRestart) {
    if (inherited !== undefined) await tellLive();
    await openControl(control, supervisor, gateway, end);
  }
  return undefined;
}

/** From now on another process may ask to take over. */
async function openControl(path: string, supervisor: Supervisor, gateway: Gateway, end: () => void): Promise<void> {
  const log = gateway.loggers.get("main");
  let restarting = false;
  const close = await answerTakeOvers(path, async (question) => {
    if (restarting || gateway.draining) return { failed: "the running gateway is draining, or being replaced already" };
    restarting = true;
    log.info("a new gateway starts with the sockets of this one");
    const taken = await startSuccessor(question, supervisor.sockets, () => close());
    if ("live" in taken) end();
    else {
      restarting = false;
      log.error(taken.failed);
    }
    return taken;
  });
}
