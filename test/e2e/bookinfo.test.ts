import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import { freePorts } from "../lib/ports.ts";
import { Program, until } from "../lib/process.ts";
import { fetchRaw, type RawResponse } from "../lib/raw.ts";

const suite: typeof describeRuntimes =
  process.env["SUBJECT"] === "envoy"
    ? (name) => skipped(name, "test/interop/bookinfo-envoy.test.ts runs these files on Envoy")
    : describeRuntimes;

/** Ten free ports, of which the seven that begin with `services` follow each other. */
async function portsOfDemo(): Promise<{ port: number; tls: number; services: number; admin: number; args: string[] }> {
  const [port, tls, admin] = await freePorts(3);
  let run: number[];
  do run = await freePorts(7);
  while (run[6] - run[0] !== 6);
  const [services] = run;
  const args = Object.entries({ port, "tls-port": tls, "services-port": services, "admin-port": admin });
  return { port, tls, services, admin, args: args.flatMap(([name, value]) => [`--${name}`, String(value)]) };
}

suite("Bookinfo", (runtime) => {
  let ports: Awaited<ReturnType<typeof portsOfDemo>>;
  let program: Program;
  let folder: string;

  beforeAll(async () => {
    ports = await portsOfDemo();
    program = runtime.launch(["demo", ...ports.args]);
    folder = (await program.logged(/cd (\S*bookinfo-\S+)/, 25_000))[1];
  });
  afterAll(async () => {
    await program.stop();
  });

  const page = (user?: string, path = "/productpage"): Promise<RawResponse> =>
    fetchRaw(ports.port, path, { headers: user === undefined ? [] : [["end-user", user]] });
  const versions = ({ body }: RawResponse): string => [...new Set(body.toString().match(/\bv\d/gi))].join();
  const visits = async (count: number, user?: string): Promise<string[]> => {
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) seen.add(versions(await page(user)));
    return [...seen].toSorted();
  };
  const lives = (): number => program.log.match(/is live/g)?.length ?? 0;
  /** Waits until what `change` did to the folder is live. */
  const change = async (work: () => void): Promise<void> => {
    const before = lives();
    work();
    await until(
      () => lives() > before,
      "the change is live",
      10_000,
      () => program.log.slice(-2_000),
    );
  };
  /** Switches files of `more` on, tries, and takes them out again. */
  const withRules = async (names: readonly string[], tries: () => Promise<void>): Promise<void> => {
    for (const name of names) await change(() => copyFileSync(join(folder, "more", name), join(folder, "rules", name)));
    try {
      await tries();
    } finally {
      for (const name of names) await change(() => rmSync(join(folder, "rules", name)));
    }
    expect(await visits(8), "everybody is back at v1").toEqual(["v1"]);
    expect(await visits(2, "jason"), "so is jason at v2").toEqual(["v2"]);
  };

  it("jason gets v2 of the reviews, with stars; the others get v1, without", async () => {
    const jason = await page("jason");
    expect([jason.status, versions(jason), jason.body.includes("★")]).toEqual([200, "v2", true]);
    for (const user of [undefined, "johanna", "jasons"]) {
      const other = await page(user);
      expect([user, other.status, versions(other), other.body.includes("★")]).toEqual([user, 200, "v1", false]);
    }
  });

  it("a browser is jason once it signed in", async () => {
    const login = await page(undefined, "/login?user=jason");
    expect([login.status, login.header("location")]).toEqual([302, "/productpage"]);
    const cookie = login.header("set-cookie")?.split(";")[0] ?? "";
    expect(versions(await fetchRaw(ports.port, "/productpage", { headers: [["cookie", cookie]] }))).toBe("v2");
  });

  it("analyze has nothing to say against the files, all together", async () => {
    const more = readdirSync(join(folder, "more")).map((name) => join(folder, "more", name));
    const { code, output } = await runtime.run(["analyze", join(folder, "rules"), ...more, "--namespace", "bookinfo"]);
    expect([code, output.trim()]).toEqual([0, "0 errors, 0 warnings"]);
  });

  it("the world can't reach the inner services by their names", async () => {
    const response = await fetchRaw(ports.port, "/ratings/0", { host: "ratings.bookinfo.svc.cluster.local" });
    expect([response.status, response.body.toString()]).toEqual([404, expect.stringContaining("The book is at")]);
  });

  describe("rules that are switched on by a copy, and off by taking it out", () => {
    it("canary-by-weight.yaml", async () => {
      await withRules(["canary-by-weight.yaml"], async () => {
        await until(async () => (await visits(16)).join() === "v1,v3", "both v1 and v3");
        expect(await visits(16, "jason")).toEqual(["v2"]);
      });
    });

    it("fault-on-ratings.yaml", async () => {
      await withRules(["fault-on-ratings.yaml"], async () => {
        const jason = await page("jason");
        expect([versions(jason), jason.body.includes("★")]).toEqual(["v2", false]);
        expect(jason.body.toString()).toContain("Ratings are not available at the moment: status 503.");
        expect(versions(await page())).toBe("v1");
      });
    });

    it("delay-on-ratings.yaml, and timeout-on-productpage.yaml on top", async () => {
      const timed = async (user?: string): Promise<[number, number]> => {
        const start = performance.now();
        const { status } = await page(user);
        return [status, performance.now() - start];
      };
      await withRules(["delay-on-ratings.yaml"], async () => {
        const [status, took] = await timed("jason");
        expect([status, took >= 1_990]).toEqual([200, true]);
        expect((await timed())[1]).toBeLessThan(1_500);
      });
      await withRules(["delay-on-ratings.yaml", "timeout-on-productpage.yaml"], async () => {
        const [status, took] = await timed("jason");
        expect([status, took < 1_900]).toEqual([504, true]);
        expect((await timed())[0]).toBe(200);
      });
    });

    it("redirect-to-https.yaml", async () => {
      await withRules(["redirect-to-https.yaml"], async () => {
        const response = await fetchRaw(ports.port, "/productpage?a=b", { host: `localhost:${ports.port}` });
        expect([response.status, response.header("location")]).toEqual([301, `https://localhost:${ports.tls}/productpage?a=b`]);
        expect((await overTls("http/1.1", "jason")).text).toContain("reviews-v2");
      });
    });
  });

  it("an edit of a rule is live, a broken one is refused with its place while the last good ones serve", async () => {
    const file = join(folder, "rules", "reviews.yaml");
    const good = readFileSync(file, "utf8");
    await change(() => writeFileSync(file, good.replace("exact: jason", "exact: johanna")));
    expect([await visits(2, "jason"), await visits(2, "johanna")]).toEqual([["v1"], ["v2"]]);
    const line = good.split("\n").findIndex((text) => text.includes("subset: v2")) + 1;
    writeFileSync(file, good.replace("subset: v2", "subsett: v2"));
    await program.logged(new RegExp(`rules/reviews\\.yaml:${line}:\\d+: error: .*"subsett".*subset`));
    expect([await visits(2, "jason"), await visits(2, "johanna")]).toEqual([["v1"], ["v2"]]);
    await change(() => writeFileSync(file, good));
    expect(await visits(2, "jason")).toEqual(["v2"]);
  });

  /** A request over TLS that trusts the certificate of the folder alone. */
  function overTls(protocol: string, user?: string): Promise<{ alpn: string; text: string }> {
    const secret = readFileSync(join(folder, "rules", "certificate.yaml"), "utf8");
    const ca = Buffer.from(/tls\.crt: (\S+)/.exec(secret)?.[1] ?? "", "base64");
    return new Promise((resolve, reject) => {
      const socket = connect(
        { port: ports.tls, host: "127.0.0.1", servername: "localhost", ca, ALPNProtocols: [protocol] },
        () => {
          const alpn = String(socket.alpnProtocol);
          if (protocol !== "http/1.1") return (void socket.destroy(), resolve({ alpn, text: "" }));
          socket.write(`GET /productpage HTTP/1.1\r\nhost: localhost\r\nend-user: ${user ?? ""}\r\nconnection: close\r\n\r\n`);
          let text = "";
          socket.setEncoding("utf8");
          socket.on("data", (part: string) => (text += part));
          socket.on("end", () => resolve({ alpn, text }));
        },
      );
      socket.on("error", reject);
    });
  }

  it("the second port speaks TLS with the certificate that was made, by ALPN", async () => {
    const { alpn, text } = await overTls("http/1.1", "jason");
    expect([alpn, text.slice(0, 15)]).toEqual(["http/1.1", "HTTP/1.1 200 OK"]);
    expect(text).toContain("reviews-v2");
    expect((await overTls("h2")).alpn).toBe("h2");
    if (process.platform !== "win32") {
      expect(statSync(join(folder, "rules", "certificate.yaml")).mode & 0o777).toBe(0o600);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
  });

  it("what is taken is named, with the options that take other ports, and nothing is left", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "isthmus-demo-"));
    const refused = async (args: readonly string[]): Promise<string> => {
      const { command, args: all } = runtime.command(["demo", ...args]);
      const other = new Program(command, all, { env: { ...process.env, TMPDIR: temporary } });
      expect([await other.exited, readdirSync(temporary).filter((name) => name.startsWith("bookinfo"))]).toEqual([1, []]);
      return other.log;
    };
    const services = await refused(ports.args);
    expect(services).toContain(`127.0.0.1:${ports.services + 1}, where productpage would be, is in use by another process`);
    expect(services).toContain("--services-port N");
    const fresh = await portsOfDemo();
    const gateway = await refused([...fresh.args, "--port", String(ports.port)]);
    expect(gateway).toContain(`127.0.0.1:${ports.port} is in use by another process`);
    expect(gateway).toContain("--port N");
    rmSync(temporary, { recursive: true, force: true });
  });

  it("Ctrl-C ends it and takes its folder away", async () => {
    const fresh = await portsOfDemo();
    const other = runtime.launch(["demo", ...fresh.args]);
    const itsFolder = (await other.logged(/cd (\S*bookinfo-\S+)/, 25_000))[1];
    expect(existsSync(join(itsFolder, "rules", "gateway.yaml"))).toBe(true);
    other.signal("SIGINT");
    expect(await other.exited).toBe(0);
    expect(existsSync(itsFolder)).toBe(false);
  });
});
