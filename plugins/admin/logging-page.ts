import { LOG_LEVELS, parseLogLevel } from "../../core/observe/logger.ts";
import type { Loggers } from "../../core/observe/logger.ts";
import type { AdminRequest, AdminResponse } from "./admin-request.ts";
import { text } from "./admin-request.ts";

const USAGE = `
usage: /logging?<name>=<level> (change single level)
usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)
usage: /logging?level=<level> (change all levels)
levels: ${LOG_LEVELS.join(" ")}
`;

/** `POST /logging`: shows the levels, after it has changed them when a parameter asks for it. */
export function loggingPage(loggers: Loggers, request: AdminRequest): AdminResponse {
  const problem = change(loggers, request.query);
  const levels =
    "active loggers:\n" +
    loggers
      .levels()
      .map(([name, level]) => `  ${name}: ${level}\n`)
      .join("") +
    "\n";
  return problem === undefined ? text(levels) : text(`error: ${problem}\n${USAGE}${levels}`, 400);
}

function change(loggers: Loggers, query: ReadonlyMap<string, string>): string | undefined {
  if (query.size === 0) return undefined;
  if (query.size > 1) return "invalid number of parameters";
  const [[name, value]] = query;
  if (name === "level") {
    const level = parseLogLevel(value);
    if (level === undefined) return "unknown logger level";
    loggers.setAll(level);
    return undefined;
  }
  const pairs = name === "paths" ? value.split(",").map((pair) => pair.split(":")) : [[name, value]];
  // All or nothing: a mistake in the last pair must not leave the first one changed.
  const known = new Set(loggers.levels().map(([logger]) => logger));
  for (const pair of pairs) {
    if (pair.length !== 2 || pair[0] === "" || pair[1] === "") return "empty logger name or empty logger level";
    if (parseLogLevel(pair[1]) === undefined) return "unknown logger level";
    if (!known.has(pair[0])) return "unknown logger name";
  }
  for (const [logger, text] of pairs) {
    const level = parseLogLevel(text);
    if (level !== undefined) loggers.set(logger, level);
  }
  return undefined;
}
