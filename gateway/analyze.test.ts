import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { analyzeFiles } from "./analyze.ts";
import { answering, bootstrapText } from "./gateway-fixture.ts";
import { ReadError } from "./read-text.ts";

describe("analyze", () => {
  let out: string;
  let err: string;
  beforeEach(() => {
    out = err = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
    vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  });
  afterEach(() => vi.restoreAllMocks());
  const OPTIONS = { json: false, allowUnsupported: false };
  const analyze = (text: string | Error, options = {}) => analyzeFiles([{ file: "a.json", text }], { ...OPTIONS, ...options });

  it("is 0 for a right file", async () => {
    expect(await analyze(bootstrapText([answering("")]))).toBe(0);
    expect([out, err]).toEqual(["", "0 errors, 0 warnings\n"]);
  });

  it("is 1 for mistakes, all of which it prints with their places", async () => {
    expect(await analyze('{ "staticResources": { "clusters": [ { "name": "", "type": "STATIK" } ] },\n "admn": {} }')).toBe(1);
    expect(out).toMatch(/a\.json:1:\d+: error.*STATIK/);
    expect(out).toMatch(/a\.json:2:2: error.*"admn".*"admin"/);
    expect(err).toBe("3 errors, 0 warnings\n");
  });

  it("finds what only building finds", async () => {
    const regex = { match: { safe_regex: { regex: "(" } }, direct_response: { status: 200 } };
    expect(await analyze(bootstrapText([answering("", 0, { route: regex })]))).toBe(1);
    expect(out).toMatch(/a\.json:\d+:\d+: error.*regex/);
  });

  it("takes what is known but not built for a warning, when told to", async () => {
    const text = bootstrapText([answering("", 0, { hcm: { http1_safe_max_connection_duration: true } })]);
    expect(await analyze(text)).toBe(1);
    out = err = "";
    expect(await analyze(text, { allowUnsupported: true })).toBe(0);
    expect(err).toBe("0 errors, 1 warning\n");
  });

  it("names a file that can't be read once, and goes on with the others", async () => {
    const files = [
      { file: "gone.yaml", text: new ReadError("gone.yaml", "there is no such file") },
      { file: "b.json", text: "[]" },
    ];
    expect(await analyzeFiles(files, OPTIONS)).toBe(1);
    expect(out).toMatch(/^gone\.yaml: error: there is no such file\nb\.json:1:1: error/);
  });

  it("prints JSON", async () => {
    expect(await analyze("", { json: true })).toBe(1);
    expect(JSON.parse(out)).toMatchObject([{ file: "a.json", line: 1, severity: "error" }]);
  });

  const GATEWAY =
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: gw }\nspec:\n  servers:\n  - hosts: [a.com]\n    port: { number: 80, name: http, protocol: HTTP }\n";
  const ROUTE =
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: v }\nspec:\n  gateways: [gw]\n  hosts: [a.com]\n  http:\n  - directResponse: { status: 200 }\n";
  const files = (...texts: string[]): { file: string; text: string }[] => texts.map((text, i) => ({ file: `${i}.yaml`, text }));

  it("looks at the objects of all files together", async () => {
    expect(await analyzeFiles(files(ROUTE, GATEWAY), OPTIONS)).toBe(0);
    expect([out, err]).toEqual(["", "0 errors, 0 warnings\n"]);
    expect(await analyzeFiles(files(ROUTE), OPTIONS)).toBe(1);
    expect(out).toBe('0.yaml:5:14: error: [IST0101] VirtualService default/v: gateway "gw" not found\n');
  });

  it("names the object of each mistake, in the order of the files", async () => {
    const wrong = ROUTE.replace("status: 200", "status: 900").replace("gateways", "gatewais");
    expect(await analyzeFiles(files(GATEWAY.replace("HTTP }", "HTTP, targetPort: 1 }"), wrong), OPTIONS)).toBe(1);
    expect(out.split("\n").slice(0, -1)).toEqual([
      '0.yaml:7:65: error: [IST0106] Gateway default/gw: spec.servers[0].port.targetPort: "targetPort" means nothing in a Gateway',
      '1.yaml:5:3: error: [IST0106] VirtualService default/v: spec.gatewais: unknown field "gatewais" in VirtualService; did you mean "gateways"?',
      "1.yaml:8:31: error: [IST0106] VirtualService default/v: spec.http[0].directResponse.status: found 900, wanted a status from 200 to 599",
    ]);
  });

  it("looks at objects with mistakes as far as they can be read", async () => {
    const wrong = ROUTE.replace(
      "  - directResponse: { status: 200 }",
      "  - timeuot: 1s\n    route: [{ destination: { host: gone } }, { weight: 1 }]",
    );
    expect(await analyzeFiles(files(wrong, GATEWAY), OPTIONS)).toBe(1);
    expect(out).toMatch(/IST0106.*"timeuot"/);
    expect(out).toMatch(/IST0106.*"destination" is required/);
    expect(out).not.toMatch(/gateway "gw" not found/);
  });

  it("a bootstrap among objects, on its own lines", async () => {
    const bootstrap = bootstrapText([answering("")]).replace(/^\{/, '{ "admn": {},');
    expect(await analyzeFiles(files(`${GATEWAY}---\n${bootstrap}\n---\n${ROUTE}`), OPTIONS)).toBe(1);
    expect(out).toMatch(/^0\.yaml:9:3: error: admn: unknown field "admn"/);
    expect(out).not.toContain("IST");
  });

  it("what stands twice", async () => {
    expect(await analyzeFiles(files(GATEWAY, GATEWAY), OPTIONS)).toBe(1);
    expect(out).toBe('1.yaml:1:1: error: Gateway "default/gw" stands twice, first in 0.yaml:1\n');
  });

  it("infos do not fail, and warnings neither", async () => {
    const service = "apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80 }] }\n";
    const sidecar = "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: { name: s }\n";
    expect(await analyzeFiles(files(service, sidecar), OPTIONS)).toBe(0);
    expect(out).toMatch(
      /^0\.yaml:4:17: info: \[IST0118\] Service default\/s: .*\n1\.yaml:2:7: warning: kind: Sidecar is not supported/,
    );
    expect(err).toBe("0 errors, 1 warning, 1 info\n");
  });

  it("a folder may have files without anything, a file that is named may not", async () => {
    expect(await analyzeFiles([{ file: "a.yaml", text: "# later\n", found: true }], OPTIONS)).toBe(0);
    expect(await analyzeFiles([{ file: "a.yaml", text: "# later\n" }], OPTIONS)).toBe(1);
  });

  it("prints JSON with code, reason and object", async () => {
    await analyzeFiles(files(ROUTE.replace("status: 200", "status: 900"), GATEWAY), { ...OPTIONS, json: true });
    expect(JSON.parse(out)).toEqual([
      {
        file: "0.yaml",
        line: 8,
        column: 31,
        path: "spec.http[0].directResponse.status",
        code: "IST0106",
        severity: "error",
        reason: "invalid_value",
        resource: "VirtualService default/v",
        message: "spec.http[0].directResponse.status: found 900, wanted a status from 200 to 599",
      },
    ]);
  });

  it("tells what a gateway of these files would leave out", async () => {
    const text = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { app: edge }
  servers:
  - hosts: [a.com]
    port: { number: 80, name: http, protocol: HTTP }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: a }
spec:
  hosts: [a.com]
  gateways: [gw]
  http:
  - route: [{ destination: { host: api.example.com } }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api }
spec:
  hosts: [api.example.com]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: api }
spec:
  host: api.example.com
  trafficPolicy:
    outlierDetection: { consecutive5xxErrors: 3 }
`;
    expect(await analyzeFiles(files(text), OPTIONS)).toBe(0);
    expect(out).toMatch(/^0\.yaml:33:\d+: warning: .*"outlierDetection" is not supported/m);
  });
});
