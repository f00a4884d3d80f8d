import { parseLogLevel } from "../core/observe/logger.ts";
import { analyzeFiles } from "./analyze.ts";
import { runExplain } from "./explain/run-explain.ts";
import { type GatewayArguments, HELP, parseCommand } from "./arguments.ts";
import { configFiles } from "./config-files.ts";
import { runDemo } from "./demo/run-demo.ts";
import { readText } from "./read-text.ts";
import { runGateway } from "./run-gateway.ts";
import { translateFiles } from "./translate.ts";
import { inheritance } from "./workers/hot-restart.ts";
import { runWorker } from "./workers/run-worker.ts";
import { VERSION } from "./version.ts";

/** Runs a command; the exit code, or undefined while a gateway serves. */
async function main(argv: readonly string[]): Promise<number | undefined> {
  const command = parseCommand(argv);
  switch (command.kind) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "version":
      process.stdout.write(`isthmus ${VERSION}\n`);
      return 0;
    case "wrong":
      process.stderr.write(`isthmus: ${command.message}\n\n${HELP}`);
      return 2;
    case "analyze": {
      const texts = await Promise.all(
        (await configFiles(command.paths)).map(async ({ file, found }) => ({
          file,
          found,
          text: await readText(file).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
        })),
      );
      return analyzeFiles(texts, command);
    }
    case "explain":
      return runExplain(command.options);
    case "translate":
      return translateFiles(command.options, command.output);
    case "demo":
      return runDemo(command.options);
    case "worker":
      return runWorker();
    case "successor": {
      const { argv: wanted, handles } = await inheritance();
      const inner = parseCommand(wanted);
      const code = inner.kind === "gateway" ? await gateway(inner.options, handles) : await main(wanted);
      // The sockets and the channel that it was given would keep it.
      return code === undefined ? undefined : process.exit(code);
    }
    case "gateway":
      return gateway(command.options);
  }
}

function gateway(options: GatewayArguments, inherited?: ReadonlyMap<string, unknown>): Promise<number | undefined> {
  const level = parseLogLevel(options.logLevel);
  if (level !== undefined) return runGateway(options, level, inherited);
  process.stderr.write(
    `isthmus: --log-level: found ${JSON.stringify(options.logLevel)}, wanted trace, debug, info, warning, error, critical or off\n`,
  );
  return Promise.resolve(2);
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`isthmus: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
