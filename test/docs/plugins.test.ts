import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { FilterDefinition } from "../../core/contract/filter.ts";
import { loadPluginModule } from "../../core/filter/loader/load-plugin-module.ts";
import { allFilters } from "../../gateway/filters.ts";
import { Gateway } from "../../gateway/gateway.ts";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { TcpClient, tcpProxy } from "../lib/tcp.ts";
import { filterRig } from "../plugins/filter-rig.ts";
import { examplesOf, typeErrors, writeExamples } from "./examples.ts";
import { readPage } from "./page.ts";

const page = readPage("docs/plugins.md");
const examples = examplesOf(page);
const { folder, remove } = writeExamples(examples);
afterAll(remove);

async function load(name: string): Promise<FilterDefinition> {
  return (await loadPluginModule(`file:./${name}`, { cwd: folder })).definitions[0] as FilterDefinition;
}

describe("docs/plugins.md", () => {
  it("has examples that the compiler takes", () => {
    expect(examples.map(({ name }) => name)).toEqual([
      "hello.ts",
      "api-key.ts",
      "json-only.ts",
      "shout.ts",
      "lookup.ts",
      "gateway.ts",
      "banner.ts",
    ]);
    expect(typeErrors(examples.map(({ name }) => join(folder, name)))).toEqual([]);
  }, 60_000);

  it("begins with the real examples/hello.ts, as does README.md", () => {
    const hello = readPage("examples/hello.ts");
    expect(examples[0].code).toBe(hello);
    expect(readPage("README.md")).toContain(hello.slice(hello.indexOf("import ")));
  });

  it("has the real examples/banner.ts", () => {
    expect(examples.find(({ name }) => name === "banner.ts")?.code).toBe(readPage("examples/banner.ts"));
  });

  it("banner.ts greets, lets bytes pass, and refuses a word that comes in two pieces", async () => {
    const service = createTcpServer((socket) => socket.on("error", () => undefined).pipe(socket));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const struct = { type_url: "file:./banner.ts", value: { text: "hello\n", refuse: "FLUSHALL" } };
    const config = mesh()
      .service("echo", (service.address() as AddressInfo).port)
      .listenerFields({
        filter_chains: [
          {
            filters: [{ name: "banner", typed_config: typed("xds.type.v3.TypedStruct", struct) }, tcpProxy({ cluster: "echo" })],
          },
        ],
      });
    const gateway = await Gateway.start({
      file: join(folder, "gateway.yaml"),
      text: JSON.stringify(config.build({ main: 0 }, 0)),
      filters: allFilters,
      writeLog: () => undefined,
    });
    try {
      const [listener] = gateway.server.listeners;
      const client = await new TcpClient(listener.port).send("PING\n").until("PING\n");
      expect(client.text).toBe("hello\nPING\n");
      await client.send("FLUS").until("FLUS");
      client.send("HALL\n");
      await client.untilClosed();
      expect(client.error).toBe("ECONNRESET");
      expect(gateway.stats.counter("banner.refused").value).toBe(1);
    } finally {
      await gateway.stop();
      await new Promise((resolve) => service.close(resolve));
    }
  });

  it("hello.ts greets", async () => {
    const rig = filterRig(await load("hello.ts"), { config: '{"greeting":"hi"}' });
    expect((await rig.send()).client.headers).toEqual(["x-hello", "hi"]);
  });

  it("api-key.ts wants a key unless the route does without, and keeps it from the upstream", async () => {
    const definition = await load("api-key.ts");
    const config = '{"keys":["secret"]}';
    const rig = filterRig(definition, { config });
    expect(await rig.send()).toMatchObject({ client: { status: 401, body: "wanted a key\n" }, details: "api_key_refused" });
    expect(rig.stat("api_key.refused")).toBe(1);
    const allowed = await rig.send({ headers: ["x-api-key", "secret"] });
    expect(allowed).toMatchObject({ client: { status: 200 }, upstream: { headers: [] } });
    const open = filterRig(definition, { config, route: ['{"required":false}'] });
    expect((await open.send()).client.status).toBe(200);
  });

  it("json-only.ts holds JSON, refuses what is none and what is too long, and lets others stream", async () => {
    const rig = filterRig(await load("json-only.ts"));
    const json = ["content-type", "application/json"];
    const post = (...body: string[]) => rig.send({ method: "POST", headers: json, body });
    const taken = await post("[1,", "2]");
    expect(taken.upstream).toMatchObject({ headers: [...json, "x-json", "array"], body: "[1,2]", complete: true });
    expect(await post("{")).toMatchObject({ client: { status: 400 }, details: "json_only_refused", upstream: { requests: 0 } });
    expect((await post("x".repeat(65_537))).client.status).toBe(413);
    expect((await rig.send({ method: "POST", body: ["{", "x"] })).upstream).toMatchObject({ body: "{x", complete: true });
  });

  it("shout.ts changes text, counts all, and takes the length away", async () => {
    const rig = filterRig(await load("shout.ts"));
    const text = ["content-type", "text/plain", "content-length", "4"];
    expect((await rig.send({}, { headers: text, body: ["ab", "cd"] })).client).toMatchObject({ body: "ABCD", end: "complete" });
    expect((await rig.send({}, { body: ["ab"] })).client.body).toBe("ab");
    expect(rig.stat("shout.bytes")).toBe(6);
  });

  it("lookup.ts waits once for each host", async () => {
    const rig = filterRig(await load("lookup.ts"), { config: '{"header":"x-tenant"}' });
    for (let i = 0; i < 2; i++) expect((await rig.send()).upstream.headers).toEqual(["x-tenant", "testers"]);
  });

  it("has YAML that a gateway takes", async () => {
    const [chain, perRoute] = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => parse(text) as Json);
    const keys = typed("xds.type.v3.TypedStruct", { type_url: "file:./api-key.ts", value: { keys: ["a"] } });
    const filters = [
      ...(chain["http_filters"] as Json[]),
      { name: "api_key", typed_config: keys },
      { name: "router", typed_config: typed("envoy.extensions.filters.http.router.v3.Router") },
    ];
    const route = { match: { prefix: "/" }, route: { cluster: "web" }, ...perRoute };
    const bootstrap = mesh().service("web", 1).hcm({ http_filters: filters }).route(route).build({ main: 0 }, 0);
    const text = JSON.stringify(bootstrap);
    expect(await Gateway.check({ file: join(folder, "gateway.json"), text, filters: allFilters })).toEqual([]);
  });

  it("gateway.ts starts a gateway with the filter", async () => {
    const service = createServer((_request, response) => response.end("hi"));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const { startWith } = (await import(/* @vite-ignore */ join(folder, "gateway.ts"))) as {
      startWith: (port: number) => Promise<{ url: string; stop: () => Promise<void> }>;
    };
    const gateway = await startWith((service.address() as AddressInfo).port);
    try {
      expect((await fetch(gateway.url)).status).toBe(401);
      expect(await (await fetch(gateway.url, { headers: { "x-api-key": "secret" } })).text()).toBe("hi");
    } finally {
      await gateway.stop();
      service.closeAllConnections();
      await new Promise((resolve) => service.close(resolve));
    }
  });
});
