import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { INGRESS_GATEWAY } from "./arguments.ts";
import { runGateway } from "./run-gateway.ts";

/** The project's root, seen from the source tree and from the bundle alike. */
function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let i = 0; i < 4 && !existsSync(join(folder, "examples", "demo", "gateway.yaml")); i++) folder = dirname(folder);
  return folder;
}

interface DemoService {
  startService(name: string, port: number): Promise<{ close(): Promise<void> }>;
}

const TRY = `
Isthmus is on http://127.0.0.1:8080, in front of two small services. Try:

  curl http://127.0.0.1:8080/                                  an answer of the gateway's own
  curl http://127.0.0.1:8080/blue/anything                     a route by path
  curl http://127.0.0.1:8080/color -H 'x-color: green'         a route by header
  curl http://127.0.0.1:8080/split                             three of four go to blue, one to green
  curl -i http://127.0.0.1:8080/old                            a redirect
  curl -w '%{time_total}\\n' http://127.0.0.1:8080/slow         a fault: a delay
  curl http://127.0.0.1:15000/stats/prometheus                 what it counts

The configuration is examples/demo/gateway.yaml; edit it, and the edit is live. The plugin is examples/hello.ts. Ctrl-C ends it.
`;

/** `npm start`: two services of examples/ and a gateway with examples/demo/gateway.yaml in front of them. */
export async function runDemo(): Promise<number | undefined> {
  const folder = join(root(), "examples", "demo");
  const { build } = await import("esbuild");
  const out = await build({
    entryPoints: [join(folder, "service.ts")],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // It is not the program's entry here.
    define: { "import.meta.url": '""' },
    write: false,
    logLevel: "error",
  });
  const module = { exports: {} as DemoService };
  compileFunction(out.outputFiles[0].text, ["module", "require"])(module, createRequire(import.meta.url));
  const service = module.exports;
  const running: { close(): Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.close()));
  };
  try {
    running.push(await service.startService("blue", 9001));
    running.push(await service.startService("green", 9002));
  } catch (error) {
    await closeAll();
    process.stderr.write(
      `isthmus: the demo's services want ports 9001 and 9002: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  }
  const code = await runGateway(
    {
      ...INGRESS_GATEWAY,
      paths: [join(folder, "gateway.yaml")],
      to: "",
      port: 8080,
      adminPort: undefined,
      watch: true,
      plugins: [],
      logLevel: "info",
      drainTime: 1_000,
    },
    "info",
  );
  if (code === undefined) process.stdout.write(TRY);
  else await closeAll();
  return code;
}
