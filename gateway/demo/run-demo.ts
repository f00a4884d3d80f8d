import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { ADMIN_PORT } from "../admin-listener.ts";
import type { DemoArguments } from "../arguments.ts";
import { INGRESS_GATEWAY } from "../node-arguments.ts";
import { runGateway } from "../run-gateway.ts";
import { makeRulesFolder, type RulesFolder } from "./rules-folder.ts";
import { selfSigned } from "./self-signed.ts";
import { whatToTry } from "./what-to-try.ts";

/** What examples/bookinfo/services/start-bookinfo.ts has. */
interface Bookinfo {
  startBookinfo(first: number): Promise<{ close(): Promise<void> }>;
}

const SERVICES = ["productpage", "details", "ratings", "reviews v1", "reviews v2", "reviews v3"];
const OTHERS = "other ports: --port N, --tls-port N, --services-port N (the first of seven), --admin-port N (0: any)";

/** The example's folder, seen from the source tree and from the bundle alike. */
function exampleFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  const example = (): string => join(folder, "examples", "bookinfo");
  for (let i = 0; i < 4 && !existsSync(join(example(), "rules")); i++) folder = dirname(folder);
  return example();
}

/** `npm start`: the services of examples/bookinfo, and a gateway in front of them that reads a copy of its rules. */
export async function runDemo(args: DemoArguments): Promise<number | undefined> {
  const example = exampleFolder();
  // Until the gateway knows signals, they end the process by its usual way out, which takes the folder away.
  const interrupted = (): void => process.exit(1);
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  let bookinfo: { close(): Promise<void> } | undefined;
  let folder: RulesFolder | undefined;
  process.on("exit", () => folder?.remove());
  try {
    const { startBookinfo } = await loadServices(join(example, "services", "start-bookinfo.ts"));
    bookinfo = await startBookinfo(args.servicesPort);
    folder = makeRulesFolder(example, args, await selfSigned());
    const code = await runGateway(
      {
        ...INGRESS_GATEWAY,
        paths: [folder.rules],
        // Where the Secret is looked for.
        namespace: "bookinfo",
        to: "",
        port: args.port,
        adminPort: args.adminPort,
        watch: true,
        plugins: [],
        workers: 0,
        hotRestart: false,
        baseId: 0,
        logLevel: "info",
        drainTime: 1_000,
      },
      "info",
    );
    if (code === undefined) process.stdout.write(whatToTry(args, folder.root, args.adminPort ?? ADMIN_PORT));
    else {
      process.stderr.write(`isthmus: ${OTHERS}\n`);
      await bookinfo.close();
    }
    return code;
  } catch (error) {
    await bookinfo?.close();
    process.stderr.write(`isthmus: ${sentence(error, args.servicesPort)}\n`);
    return 1;
  } finally {
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
  }
}

function sentence(error: unknown, servicesPort: number): string {
  const { code, port = 0 } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") {
    return `127.0.0.1:${port}, where ${SERVICES[port - servicesPort - 1]} would be, is in use by another process; ${OTHERS}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** TypeScript that runs on every runtime: bundled when it is started, so that an edit of the services needs no build. */
async function loadServices(file: string): Promise<Bookinfo> {
  const { build } = await import("esbuild");
  const out = await build({
    entryPoints: [file],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    write: false,
    logLevel: "silent",
  });
  const module = { exports: {} as Bookinfo };
  compileFunction(out.outputFiles[0].text, ["module", "require"])(module, createRequire(import.meta.url));
  return module.exports;
}
