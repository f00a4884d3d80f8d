import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import { startOrigin, type Origin } from "../lib/origin.ts";
import { freePorts } from "../lib/ports.ts";
import { type Program, until } from "../lib/process.ts";
import { fetchRaw, rawConnect, request } from "../lib/raw.ts";

/** Envoy does not read Istio's objects. */
const suite: typeof describeRuntimes =
  process.env["SUBJECT"] === "envoy" ? (name) => skipped(name, "Envoy does not read Istio's objects") : describeRuntimes;

suite("folders of Istio's objects", (runtime) => {
  let origin: Origin;
  let folder: string;
  let port: number;
  let program: Program | undefined;

  beforeAll(async () => {
    origin = await startOrigin();
  });
  afterAll(() => origin.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-folders-"));
    [port] = await freePorts(1);
  });
  afterEach(async () => {
    await program?.stop();
    program = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, text: string): void => {
    const next = join(folder, `.${name.replaceAll("/", "-")}.next`);
    writeFileSync(next, text);
    renameSync(next, join(folder, name));
  };
  const gatewayObject = (): string => `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front }
spec:
  selector: { istio: ingressgateway }
  servers:
  - port: { number: 80, name: http, protocol: HTTP }
    hosts: ["*"]
`;
  const says = (name: string, host: string, body: string): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [${host}]
  gateways: [front]
  http:
  - directResponse: { status: 200, body: { string: ${body} } }
`;
  const web = (): string => `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ name: http, port: 80, targetPort: ${origin.port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: http, port: ${origin.port} }]
endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }]
`;
  const answer = async (host: string, at = port): Promise<string> => {
    const response = await fetchRaw(at, "/", { host });
    return response.status === 200 ? response.text() : String(response.status);
  };
  const isAnswer = (host: string, wanted: string, at = port): Promise<boolean> =>
    until(
      async () => (await answer(host, at).catch(() => "")) === wanted,
      `${host} answers ${wanted}`,
      15_000,
      () => program?.log.slice(-3_000) ?? "",
    );
  const start = (...args: string[]): void => {
    const flags = ["--map", `80:${port}`, "--address", "127.0.0.1", "--admin-port", "0"];
    program = runtime.launch(["gateway", folder, ...args, ...flags]);
  };
  const refusal = (place: RegExp): Promise<boolean> =>
    until(
      () => place.test(program?.log ?? ""),
      `a refusal that names ${place.source}`,
      15_000,
      () => program?.log.slice(-3_000) ?? "",
    );

  it("live: files come, change, are renamed, break, are mended and go", async () => {
    write("gateway.yaml", gatewayObject());
    write("a.yaml", says("a", "a.example", "one"));
    start("--watch");
    await isAnswer("a.example", "one");
    write("b.yaml", says("b", "b.example", "two"));
    await isAnswer("b.example", "two");
    write("a.yaml", says("a", "a.example", "uno"));
    await isAnswer("a.example", "uno");
    renameSync(join(folder, "b.yaml"), join(folder, "b.yaml.off"));
    await isAnswer("b.example", "404");
    renameSync(join(folder, "b.yaml.off"), join(folder, "c.yml"));
    await isAnswer("b.example", "two");
    write("a.yaml", says("a", "a.example", "broken").replace("directResponse", "directRespons"));
    await refusal(/a\.yaml:8:5.*directRespons/);
    write("b2.yaml", says("b2", "b2.example", "later"));
    expect(await answer("a.example"), "the last good set serves, all of it").toBe("uno");
    expect(await answer("b2.example")).toBe("404");
    write("a.yaml", says("a", "a.example", "mended"));
    await isAnswer("a.example", "mended");
    await isAnswer("b2.example", "later");
    mkdirSync(join(folder, "below"));
    write("below/d.yaml", says("d", "d.example", "deep"));
    await isAnswer("d.example", "deep");
    unlinkSync(join(folder, "a.yaml"));
    await isAnswer("a.example", "404");
  });

  it("pass over hidden files and what editors leave for a moment", async () => {
    write("gateway.yaml", gatewayObject());
    write("a.yaml", says("a", "a.example", "one"));
    for (const name of [".hidden.yaml", "a.yaml~", "a.yaml.swp", "#a.yaml#", "README.md"])
      writeFileSync(join(folder, name), "{ not: [a, configuration");
    start("--watch");
    await isAnswer("a.example", "one");
    expect(program?.log).not.toContain("error");
  });

  it("as Kubernetes mounts them: links that are all swapped at once", async () => {
    const version = (name: string, body: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "a.yaml"), gatewayObject() + "---\n" + says("a", "a.example", body));
    };
    version("..1", "first");
    symlinkSync("..1", join(folder, "..data"));
    symlinkSync(join("..data", "a.yaml"), join(folder, "a.yaml"));
    start("--watch");
    await isAnswer("a.example", "first");
    version("..2", "second");
    symlinkSync("..2", join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    await isAnswer("a.example", "second");
  });

  it("a broken one among 100 is named, and nothing of the set is taken", async () => {
    write("gateway.yaml", gatewayObject());
    for (let i = 0; i < 100; i++) write(`v${i}.yaml`, says(`v${i}`, `v${i}.example`, "old"));
    start("--watch");
    await isAnswer("v99.example", "old");
    for (let i = 0; i < 100; i++) {
      const text = says(`v${i}`, `v${i}.example`, "new");
      write(`v${i}.yaml`, i === 57 ? text.replace("status: 200", "status: 20") : text);
    }
    await refusal(/v57\.yaml:8:\d+/);
    for (const i of [0, 57, 99]) expect(await answer(`v${i}.example`)).toBe("old");
    write("v57.yaml", says("v57", "v57.example", "new"));
    for (const i of [0, 57, 99]) await isAnswer(`v${i}.example`, "new");
  });

  it("beside an Envoy bootstrap, whose listeners and clusters stay; a second bootstrap and a listener in the way are refused", async () => {
    const [own] = await freePorts(1);
    const bootstrap = (at: number): string => `static_resources:
  listeners:
  - name: own
    address: { socket_address: { address: 127.0.0.1, port_value: ${at} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: own
          route_config:
            virtual_hosts:
            - { name: all, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: mine } } }] }
          http_filters:
          - { name: r, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }
`;
    write("envoy.yaml", bootstrap(own));
    write("gateway.yaml", gatewayObject());
    write("a.yaml", says("a", "a.example", "theirs"));
    start("--watch");
    await isAnswer("a.example", "theirs");
    await isAnswer("x", "mine", own);
    write("second.yaml", bootstrap(own));
    await refusal(/second\.yaml:1:1.*found a second Envoy bootstrap, the first is in .*envoy\.yaml:1/);
    unlinkSync(join(folder, "second.yaml"));
    write("envoy.yaml", bootstrap(port));
    await refusal(
      new RegExp(`gateway\\.yaml:7:\\d+.*127\\.0\\.0\\.1:${port} is taken by the listener "own" \\(.*envoy\\.yaml:3\\)`),
    );
    expect(await answer("x", own)).toBe("mine");
  });

  it("under load: no request is lost over 50 edits", { timeout: 120_000 }, async () => {
    const routed = (generation: number): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec:
  hosts: [web.example]
  gateways: [front]
  http:
  - match: [{ uri: { prefix: /x-${generation} } }]
    directResponse: { status: 418 }
  - headers: { response: { set: { x-generation: "${generation}" } } }
    route: [{ destination: { host: web } }]
`;
    write("gateway.yaml", gatewayObject());
    write("web.yaml", web());
    write("v.yaml", routed(0));
    start("--watch");
    await until(
      async () => (await fetchRaw(port, "/", { host: "web.example" }).catch(() => undefined))?.status === 200,
      "it answers",
      15_000,
      () => program?.log ?? "",
    );
    const seen = new Set<string>();
    const lost: string[] = [];
    let done = 0;
    let editing = true;
    const load = async (): Promise<void> => {
      const client = await rawConnect(port);
      while (editing || done < 10_000) {
        const number = done++;
        await client.send(request(`/${number}`, { host: "web.example" }));
        const response = await client.response().catch((error: unknown) => void lost.push(`${number}: ${String(error)}`));
        if (response?.status !== 200 || !response.text().includes(`"target":"/${number}"`)) lost.push(`${number}: wrong`);
        seen.add(response?.header("x-generation") ?? "none");
        if (lost.length > 20) break;
      }
      client.destroy();
    };
    const clients = Promise.all(Array.from({ length: 16 }, load));
    for (let generation = 1; generation <= 50; generation++) {
      write("v.yaml", routed(generation));
      await until(
        () => seen.has(String(generation)) || lost.length > 20,
        `generation ${generation} answers`,
        15_000,
        () => program?.log.slice(-2_000) ?? "",
      );
    }
    editing = false;
    await clients;
    expect(lost).toEqual([]);
    expect(done).toBeGreaterThanOrEqual(10_000);
  });

  it("translate writes a bootstrap, and says where its resources come from; mistakes end it with 1", async () => {
    write("gateway.yaml", gatewayObject());
    write("a.yaml", says("a", "a.example", "one") + "---\n" + web());
    const output = join(folder, "envoy.out");
    const args = ["translate", folder, "--map", `80:${port}`, "--address", "127.0.0.1", "-o", output];
    expect(await runtime.run(args)).toMatchObject({ code: 0 });
    const text = readFileSync(output, "utf8");
    expect(text).toContain(`# Gateway default/front, ${join(folder, "gateway.yaml")}:`);
    program = runtime.launch(["gateway", "--admin-port", "0", renamed(output)]);
    await isAnswer("a.example", "one");
    write("a.yaml", says("a", "a.example", "one").replace("hosts", "host"));
    const wrong = await runtime.run(args);
    expect(wrong.code).toBe(1);
    expect(wrong.output).toMatch(/a\.yaml:5:3.*"host"/);
  });

  const renamed = (file: string): string => {
    const to = join(tmpdir(), `isthmus-translated-${process.pid}-${runtime.subject}.yaml`);
    renameSync(file, to);
    return to;
  };
});
