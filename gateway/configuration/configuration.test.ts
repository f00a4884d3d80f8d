import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bootstrap } from "../../core/resources/bootstrap.ts";
import { HttpConnectionManager } from "../../core/resources/http-connection-manager.ts";
import type { VirtualHost } from "../../core/resources/route.ts";
import { decode, DecodeContext, formatErrors, parse, whereOf } from "../../core/resources/schema/index.ts";
import { inSlices } from "../../core/transport/slices.ts";
import { type Configuration, ConfigurationReader } from "./configuration.ts";

const GATEWAY = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
`;
const virtualService = (name: string, body = name): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [${name}.example]
  gateways: [front]
  http: [{ directResponse: { status: 200, body: { string: ${body} } } }]
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isthmus-configuration-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const readerOf = (...paths: string[]): ConfigurationReader =>
  new ConfigurationReader({
    paths: paths.length > 0 ? paths : [folder],
    allowUnsupported: false,
    namespace: "default",
    labels: { istio: "ingressgateway" },
    ports: { 80: 8080 },
  });

function bootstrapOf({ root, errors }: Configuration): Bootstrap {
  expect(formatErrors([...errors])).toBe("");
  const context = new DecodeContext();
  const bootstrap = root === undefined ? undefined : decode(Bootstrap, root, context);
  if (bootstrap === undefined) throw new Error(formatErrors(context.errors));
  return bootstrap;
}

function hostsOf(configuration: Configuration): Map<string, VirtualHost> {
  const context = new DecodeContext();
  const hosts = bootstrapOf(configuration).staticResources.listeners.flatMap(({ filterChains }) =>
    filterChains.flatMap(({ filters }) => {
      const config = filters[0].typedConfig;
      return config === undefined ? [] : (parse(HttpConnectionManager, config, context)?.routeConfig?.virtualHosts ?? []);
    }),
  );
  return new Map(hosts.map((host) => [host.name, host]));
}

describe("a configuration of files and folders", () => {
  it("has the resources of the bootstrap and what the objects were translated to", async () => {
    write("objects.yaml", `${GATEWAY}---\n${virtualService("a")}`);
    write("envoy.yaml", "node: { id: me }\nstatic_resources: { clusters: [{ name: own, type: STATIC }] }\n");
    const configuration = await readerOf().read(inSlices);
    const { node, staticResources } = bootstrapOf(configuration);
    expect(node?.id).toBe("me");
    expect(staticResources.clusters.map(({ name }) => name)).toContain("own");
    expect(staticResources.listeners.map(({ name }) => name)).toEqual(["0.0.0.0_8080"]);
    expect(configuration.file).toBe(join(folder, "envoy.yaml"));
    expect(configuration.folders).toEqual([folder]);
  });

  it("serves what is whole while a Secret is missing, and what is not done only when that is accepted", async () => {
    const server = (name: string, port: number, tls: string): string =>
      `---\n${GATEWAY.replace("front", name).replace("80, name: http, protocol: HTTP", `${port}, name: ${name}, protocol: TLS`).replace('hosts: ["*"]', `hosts: ["*"], tls: { ${tls} }`)}`;
    write(
      "objects.yaml",
      `${GATEWAY}---\n${virtualService("a")}${server("secure", 443, "mode: SIMPLE, credentialName: missing")}`,
    );
    const missing = await readerOf().read(inSlices);
    expect(missing.errors.map(({ severity, code }) => [severity, code])).toEqual([["warning", "unknown_reference"]]);
    expect(missing.translation?.listeners.map(({ name }) => name)).toEqual(["0.0.0.0_8080"]);
    write("more.yaml", server("mesh", 444, "mode: ISTIO_MUTUAL"));
    const refused = await readerOf().read(inSlices);
    expect(refused.errors.filter(({ severity }) => severity === "error")).toMatchObject([{ code: "unsupported_value" }]);
    const accepting = new ConfigurationReader({
      paths: [folder],
      allowUnsupported: true,
      namespace: "default",
      labels: { istio: "ingressgateway" },
      ports: {},
    });
    expect((await accepting.read(inSlices)).errors.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
  });

  it("knows where resources come from", async () => {
    write("a.yaml", `${GATEWAY}---\n${virtualService("a")}`);
    const host = hostsOf(await readerOf().read(inSlices)).get("a.example:80");
    if (host === undefined) throw new Error("no such host");
    expect(whereOf(host)).toMatchObject({ file: join(folder, "a.yaml"), path: "spec.hosts" });
    expect(whereOf(host.routes[0])).toMatchObject({ file: join(folder, "a.yaml"), line: 14 });
  });

  it("after an edit has the same objects for all that did not change", async () => {
    write("gateway.yaml", GATEWAY);
    for (const name of ["a", "b", "c"]) write(`${name}.yaml`, virtualService(name));
    const reader = readerOf();
    const before = hostsOf(await reader.read(inSlices));
    expect(hostsOf(await reader.read(inSlices))).toEqual(before);
    write("b.yaml", virtualService("b", "changed"));
    const after = hostsOf(await reader.read(inSlices));
    expect(after.get("a.example:80")).toBe(before.get("a.example:80"));
    expect(after.get("c.example:80")).toBe(before.get("c.example:80"));
    expect(after.get("b.example:80")).not.toBe(before.get("b.example:80"));
    expect(after.get("b.example:80")?.routes[0].directResponse?.body?.inlineString).toBe("changed");
  });

  it("sees an edit that leaves size and time stamp as they were, when the file is young", async () => {
    write("gateway.yaml", GATEWAY);
    const file = write("a.yaml", virtualService("a", "one"));
    const reader = readerOf();
    const now = new Date();
    utimesSync(file, now, now);
    await reader.read(inSlices);
    write("a.yaml", virtualService("a", "two"));
    utimesSync(file, now, now);
    const host = hostsOf(await reader.read(inSlices)).get("a.example:80");
    expect(host?.routes[0].directResponse?.body?.inlineString).toBe("two");
  });

  it.each([
    ["a folder without files", {}, "found nothing to serve in FOLDER"],
    ["two bootstraps", { "a.yaml": "node: {}\n", "b.yaml": "node: {}\n" }, "b.yaml:1:1: error: found a second Envoy bootstrap"],
    [
      "an object twice",
      { "a.yaml": GATEWAY, "b.yaml": GATEWAY },
      'Gateway "default/front" stands twice, first in FOLDER/a.yaml:1',
    ],
    ["a mistake in one file", { "a.yaml": GATEWAY, "b.yaml": "kind: [" }, "b.yaml:1:"],
  ])("%s is refused", async (_what, files: Readonly<Record<string, string>>, message) => {
    for (const [name, text] of Object.entries(files)) write(name, text);
    const { errors } = await readerOf().read(inSlices);
    expect(errors.some(({ severity }) => severity === "error")).toBe(true);
    expect(formatErrors([...errors])).toContain(message.replaceAll("FOLDER", folder));
  });

  it("a file that was named may not be empty or absent, one that was found may be empty", async () => {
    const file = write("a.yaml", "# nothing\n");
    expect(formatErrors([...(await readerOf(file).read(inSlices)).errors])).toContain("found an empty document");
    expect(formatErrors([...(await readerOf(join(folder, "no.yaml")).read(inSlices)).errors])).toContain("there is no such file");
    write("b.yaml", GATEWAY);
    expect(formatErrors([...(await readerOf().read(inSlices)).errors])).not.toContain("error");
  });
});
