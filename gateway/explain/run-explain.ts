import { allFilters } from "../filters.ts";
import { ConfigurationError, Gateway } from "../gateway.ts";
import type { ExplainArguments } from "./arguments.ts";
import type { Explanation } from "./explanation.ts";
import { postJson } from "./post-json.ts";
import { printExplanation } from "./print.ts";
import { readAsk } from "./read-ask.ts";

/** ms that a running gateway has to answer. */
const ANSWER_LIMIT = 10_000;

/** Prints how a request is decided about. The exit code: 0 it goes on to a cluster, 1 it is answered or refused here, 2 the question is wrong. */
export async function runExplain(args: ExplainArguments): Promise<number> {
  const wrong = readAsk(args.ask);
  if (typeof wrong === "string") {
    process.stderr.write(`isthmus: ${wrong}\n`);
    return 2;
  }
  let explanation: Explanation | string;
  try {
    explanation = args.proxy === "" ? await fromFiles(args) : await askProxy(args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(error instanceof ConfigurationError ? `${error.message}\n` : `isthmus: ${error.message}\n`);
    return 2;
  }
  if (typeof explanation === "string") {
    process.stderr.write(`isthmus: ${explanation}\n`);
    return 2;
  }
  process.stdout.write(args.json ? JSON.stringify(explanation, null, 2) + "\n" : printExplanation(explanation));
  // By what most requests of the kind get.
  return explanation.outcomes.at(0)?.cluster === undefined ? 1 : 0;
}

async function fromFiles(args: ExplainArguments): Promise<Explanation | string> {
  const { paths, namespace, labels, ports, address, allowUnsupported, plugins, ask } = args;
  const node = { namespace, labels, ports, ...(address === undefined ? {} : { address }) };
  return Gateway.explain({ paths, ...node, filters: allFilters, plugins, allowUnsupported, logLevel: "off" }, ask);
}

async function askProxy({ proxy, ask }: ExplainArguments): Promise<Explanation | string> {
  const match = /^(?:http:\/\/)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})\/?$/.exec(proxy);
  const port = match === null ? 0 : Number(match[3]);
  if (match === null || port < 1 || port > 65_535)
    return `--proxy: found ${JSON.stringify(proxy)}, wanted the address of an admin port such as 127.0.0.1:15000`;
  const host = (match[1] as string | undefined) ?? match[2];
  let answer: Awaited<ReturnType<typeof postJson>>;
  try {
    answer = await postJson(host, port, "/explain", ask, ANSWER_LIMIT);
  } catch (error) {
    return `${proxy} does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (answer.status === 404) return `${proxy} has no page /explain, wanted the admin port of a gateway`;
  if (answer.status !== 200) return `${proxy} answered with ${answer.status}: ${answer.text.trim()}`;
  try {
    return JSON.parse(answer.text) as Explanation;
  } catch {
    return `${proxy} answered with something that is no JSON, wanted the admin port of a gateway`;
  }
}
