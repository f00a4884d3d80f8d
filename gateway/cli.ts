import { parseLogLevel } from "../core/observe/logger.ts";
import { analyzeFiles } from "./analyze.ts";
import { runExplain } from "./explain/run-explain.ts";
import { HELP, parseCommand } from "./arguments.ts";
import { configFiles } from "./config-files.ts";
import { runDemo } from "./demo/run-demo.ts";
import { readText } from "./read-text.ts";
import { runGateway } from "./run-gateway.ts";
import { translateFiles } from "./translate.ts";
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
    case "gateway": {
      const level = parseLogLevel(command.options.logLevel);
      if (level === undefined) {
        process.stderr.write(
          `isthmus: --log-level: found ${JSON.stringify(command.options.logLevel)}, wanted trace, debug, info, warning, error, critical or off\n`,
        );
        return 2;
      }
      return runGateway(command.options, level);
    }
  }
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
