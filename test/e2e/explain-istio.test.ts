import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCertificate } from "../lib/certificates.ts";
import { describeRuntimes } from "../lib/describe.ts";
import { freePorts } from "../lib/ports.ts";
import { type Program, until } from "../lib/process.ts";

const RULES = "examples/bookinfo/rules";
const REVIEWS = `${RULES}/reviews.yaml`;
const GATEWAY = `${RULES}/gateway.yaml`;

/** What is told of who gets which reviews: spaces of the layout aside. */
const decisions = (version: string, route: readonly string[], place: string, subset: string, endpoint: string): string[] => [
  `listener > 127.0.0.1_9080 on 127.0.0.1:9080: it has the port of the URL ${GATEWAY}:34 Gateway bookinfo/inside servers[0]`,
  `filter chain > #0: takes every connection ${GATEWAY}:34 Gateway bookinfo/inside servers[0]`,
  `connection manager + adds x-forwarded-for: 203.0.113.7 ${GATEWAY}:34 Gateway bookinfo/inside servers[0]`,
  "+ adds x-forwarded-proto: http",
  "+ adds x-envoy-external-address: 203.0.113.7",
  "+ adds x-request-id: (a new UUID)",
  'virtual host > reviews.bookinfo.svc.cluster.local:9080: domain "reviews.bookinfo.svc.cluster.local" is the host itself ' +
    `${REVIEWS}:8 VirtualService bookinfo/reviews hosts`,
  ...route,
  `fault - fault: neither the filter nor the route injects one ${GATEWAY}:34 Gateway bookinfo/inside servers[0]`,
  `filter - cors: the request has no origin header ${GATEWAY}:34 Gateway bookinfo/inside servers[0]`,
  `timeout + none: for the whole response ${place}`,
  `retry + 2 times: on connect-failure, refused-stream, retriable-status-codes, cancelled, unavailable ${place}`,
  `cluster > outbound|9080|${version}|reviews.bookinfo.svc.cluster.local ${RULES}/services.yaml:55 ServiceEntry bookinfo/reviews ports[0]`,
  `subset > ${version}: endpoints with version=${version} ${subset}`,
  `filter + router adds x-envoy-attempt-count: 1 ${GATEWAY}:34 Gateway bookinfo/inside servers[0]`,
  `=> sent to cluster outbound|9080|${version}|reviews.bookinfo.svc.cluster.local ` +
    `${RULES}/services.yaml:55 ServiceEntry bookinfo/reviews ports[0]`,
  endpoint,
];

const JASON = decisions(
  "v2",
  [`route > 0 jason: path starts with "/" ${REVIEWS}:14 VirtualService bookinfo/reviews http[0].match[0]`],
  `${REVIEWS}:14 VirtualService bookinfo/reviews http[0].match[0]`,
  `${REVIEWS}:33 DestinationRule bookinfo/reviews subsets[1]`,
  `127.0.0.1:9085, healthy, version=v2 ${RULES}/services.yaml:58 ServiceEntry bookinfo/reviews endpoints[1]`,
);
const ALICE = decisions(
  "v1",
  [
    `route x 0 jason: wanted header end-user equals "jason", found "alice" ` +
      `${REVIEWS}:14 VirtualService bookinfo/reviews http[0].match[0]`,
    `> 1 everyone: path starts with "/" ${REVIEWS}:18 VirtualService bookinfo/reviews http[1]`,
  ],
  `${REVIEWS}:18 VirtualService bookinfo/reviews http[1]`,
  `${REVIEWS}:31 DestinationRule bookinfo/reviews subsets[0]`,
  `127.0.0.1:9084, healthy, version=v1 ${RULES}/services.yaml:57 ServiceEntry bookinfo/reviews endpoints[0]`,
);

describeRuntimes("isthmus explain of Istio's objects", (runtime) => {
  let folder: string;
  let secret: string;
  beforeAll(async () => {
    const { cert, key } = await makeCertificate({ dns: ["localhost"] });
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    folder = mkdtempSync(join(tmpdir(), "isthmus-explain-"));
    secret = join(folder, "certificate.yaml");
    writeFileSync(
      secret,
      `apiVersion: v1
kind: Secret
metadata: { name: bookinfo-certificate, namespace: bookinfo }
data: { tls.crt: ${base64(cert)}, tls.key: ${base64(key)} }
`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const ask = async (user: string, port: number, ...more: string[]): Promise<{ code: number | null; output: string }> => {
    const url = `http://reviews.bookinfo.svc.cluster.local:${port}/reviews/0`;
    return runtime.run(["explain", "GET", url, "-H", `end-user: ${user}`, "--from", "203.0.113.7", ...more]);
  };
  /** The lines from the listener to the endpoint. */
  const told = (output: string): string[] => {
    const lines = output.split("\n").map((line) => line.trim().replace(/ {2,}/g, " "));
    return lines.slice(2).filter((line) => line !== "" && !line.startsWith("|") && !line.startsWith("end-user"));
  };

  it.each([
    ["jason", JASON],
    ["alice", ALICE],
  ])("names the object, file and line of each decision about %s", async (user, expected) => {
    const { code, output } = await ask(user, 9080, RULES, secret, "--namespace", "bookinfo");
    expect(told(output)).toEqual(expected);
    expect(code).toBe(0);
  });

  it("says the same through a gateway that runs the same files and folders", async () => {
    const [admin, ...ports] = await freePorts(4);
    const maps = [8080, 8443, 9080].flatMap((port, i) => ["--map", `${port}:${ports[i]}`]);
    const source = [RULES, secret, "--namespace", "bookinfo", ...maps];
    const gateway: Program = runtime.launch(["gateway", ...source, "--admin-port", String(admin)]);
    try {
      await until(
        () => gateway.log.includes("all listeners are up") || gateway.exitCode !== undefined,
        "the gateway to be ready",
        20_000,
        () => gateway.log,
      );
      for (const user of ["jason", "alice"]) {
        const fromFiles = await ask(user, ports[2], ...source);
        expect(fromFiles.output).toContain(`${REVIEWS}:8 VirtualService bookinfo/reviews hosts`);
        expect(await ask(user, ports[2], "--proxy", `127.0.0.1:${admin}`)).toEqual(fromFiles);
      }
    } finally {
      await gateway.stop();
    }
  });

  it("has the object in JSON", async () => {
    const { output } = await ask("jason", 9080, RULES, secret, "--namespace", "bookinfo", "--json");
    const { outcomes } = JSON.parse(output) as { outcomes: unknown };
    expect(outcomes).toMatchObject([
      {
        where: { file: `${RULES}/services.yaml`, object: "ServiceEntry bookinfo/reviews", path: "spec.ports[0]" },
        subset: { name: "v2", labels: { version: "v2" }, where: { object: "DestinationRule bookinfo/reviews" } },
        endpoints: [{ address: "127.0.0.1:9085", labels: { version: "v2" }, where: { path: "spec.endpoints[1]" } }],
      },
    ]);
  });

  it("says what is wrong with a file as analyze does, and ends with 2", async () => {
    const wrong = join(folder, "wrong.yaml");
    writeFileSync(
      wrong,
      "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\nspec: { hostss: [a] }\n",
    );
    try {
      const explained = await ask("jason", 9080, RULES, secret, wrong);
      expect(explained.code).toBe(2);
      expect(explained.output).toContain(`${wrong}:4:9: error: `);
      expect(explained.output).toContain("hostss");
      const analyzed = await runtime.run(["analyze", wrong]);
      expect(analyzed.output).toContain(`${wrong}:4:9: error: `);
    } finally {
      rmSync(wrong);
    }
  });
});
