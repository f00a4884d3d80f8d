import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBookinfo } from "../../examples/bookinfo/services/start-bookinfo.ts";
import { makeRulesFolder, type RulesFolder } from "../../gateway/demo/rules-folder.ts";
import { selfSigned } from "../../gateway/demo/self-signed.ts";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import { ROOT, Runtime } from "../lib/gateway.ts";
import { freePorts } from "../lib/ports.ts";
import { Program, until } from "../lib/process.ts";
import { fetchRaw } from "../lib/raw.ts";
import { findEnvoy, skipReason } from "../lib/tools.ts";

/** What a visitor sees. */
interface Seen {
  readonly status: number;
  readonly location: string | undefined;
  /** Versions of the reviews over several visits: the draw of a canary differs from run to run. */
  readonly versions: string;
  readonly stars: boolean;
  readonly problem: string | undefined;
  /** Took two seconds or more. */
  readonly slow: boolean;
}

/** Requests, each to the page unless it says otherwise. */
const REQUESTS: readonly {
  readonly name: string;
  readonly path?: string;
  readonly headers?: [string, string][];
  readonly host?: string;
}[] = [
  { name: "nobody" },
  { name: "jason", headers: [["end-user", "jason"]] },
  { name: "johanna", headers: [["end-user", "johanna"]] },
  { name: "jason in upper case", headers: [["end-user", "JASON"]] },
  { name: "jason's cookie", headers: [["cookie", "user=jason"]] },
  { name: "login", path: "/login?user=jason" },
  { name: "the front door", path: "/" },
  { name: "nothing", path: "/nothing" },
  { name: "an inner service's name from the world", path: "/ratings/0", host: "ratings.bookinfo.svc.cluster.local" },
];

/** What is switched on, and what one of the requests must see then. */
const SETS: readonly { readonly more: readonly string[]; readonly request: string; readonly sees: Partial<Seen> }[] = [
  { more: [], request: "nobody", sees: { status: 200, versions: "v1", stars: false } },
  { more: ["canary-by-weight"], request: "nobody", sees: { status: 200, versions: "v1,v3" } },
  { more: ["fault-on-ratings"], request: "jason", sees: { versions: "v2", stars: false, problem: "status 503" } },
  { more: ["delay-on-ratings"], request: "jason", sees: { versions: "v2", stars: true, slow: true } },
  { more: ["delay-on-ratings", "timeout-on-productpage"], request: "jason", sees: { status: 504, slow: false } },
  { more: ["redirect-to-https"], request: "nobody", sees: { status: 301 } },
];

const envoy = findEnvoy();
const title = "Bookinfo's files give the same on Envoy, as a bootstrap that translate wrote";

if (envoy.path === undefined) skipped(title, skipReason(envoy));
else {
  describeRuntimes(title, (runtime) => {
    let ports: { port: number; tlsPort: number; servicesPort: number; admin: number };
    let bookinfo: { close(): Promise<void> };
    let folder: RulesFolder;

    beforeAll(async () => {
      const [port, tlsPort, admin] = await freePorts(3);
      let run: number[];
      do run = await freePorts(7);
      while (run[6] - run[0] !== 6);
      ports = { port, tlsPort, servicesPort: run[0], admin };
      bookinfo = await startBookinfo(ports.servicesPort);
      folder = makeRulesFolder(join(ROOT, "examples", "bookinfo"), ports, await selfSigned());
    });
    afterAll(async () => {
      folder.remove();
      await bookinfo.close();
    });

    const look = async (request: (typeof REQUESTS)[number]): Promise<Omit<Seen, "versions"> & { version: string }> => {
      const start = performance.now();
      const { path = "/productpage", headers = [], host = `localhost:${ports.port}` } = request;
      const response = await fetchRaw(ports.port, path, { headers, host });
      const text = response.body.toString();
      return {
        status: response.status,
        location: response.header("location"),
        version: [...new Set(text.match(/\bv\d/g))].join(),
        stars: text.includes("★"),
        problem: /not available at the moment: ([^.]*)/.exec(text)?.[1],
        slow: performance.now() - start > 1_950,
      };
    };
    /** Sees all requests through a program that serves the rules. */
    const seenThrough = async (program: Program, isCanary: boolean): Promise<Record<string, Seen>> => {
      await until(
        () => {
          if (program.exitCode !== undefined) throw new Error(`it ended with ${program.exitCode}:\n${program.log.slice(-3_000)}`);
          return fetchRaw(ports.port, "/").then(
            ({ status }) => status !== 503,
            () => false,
          );
        },
        "it serves",
        20_000,
        () => program.log.slice(-3_000),
      );
      const seen: Record<string, Seen> = {};
      for (const request of REQUESTS) {
        const { version, ...rest } = await look(request);
        const versions = new Set([version]);
        // One in four: of 40 visits, all the same way once in 100,000 runs.
        if (isCanary && request.path === undefined) for (let i = 1; i < 40; i++) versions.add((await look(request)).version);
        seen[request.name] = {
          ...rest,
          versions: [...versions].toSorted().join(),
          stars: isCanary ? versions.has("v2") : rest.stars,
        };
      }
      await program.stop();
      return seen;
    };

    describe.each(SETS)("with $more", ({ more, request, sees }) => {
      it("is the same", async () => {
        for (const name of more) copyFileSync(join(folder.more, `${name}.yaml`), join(folder.rules, `${name}.yaml`));
        try {
          const isCanary = more.includes("canary-by-weight");
          const isthmus = runtime.launch([
            "gateway",
            folder.rules,
            "--namespace",
            "bookinfo",
            "--admin-port",
            String(ports.admin),
          ]);
          const ours = await seenThrough(isthmus, isCanary);
          const file = join(folder.root, "envoy.yaml");
          expect(await runtime.run(["translate", folder.rules, "--namespace", "bookinfo", "-o", file])).toMatchObject({
            code: 0,
          });
          const { command, args } = new Runtime("envoy").command(["gateway", file]);
          const theirs = await seenThrough(new Program(command, args), isCanary);
          expect(ours).toEqual(theirs);
          expect(ours[request]).toMatchObject(sees);
        } finally {
          for (const name of more) rmSync(join(folder.rules, `${name}.yaml`));
        }
      }, 60_000);
    });

    it("tries every file that there is to switch on", () => {
      const tried = new Set(SETS.flatMap((set) => set.more.map((name) => `${name}.yaml`)));
      expect([...tried].toSorted()).toEqual(readdirSync(folder.more).toSorted());
    });
  });
}
