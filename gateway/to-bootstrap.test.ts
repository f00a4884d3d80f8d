import { describe, expect, it } from "vitest";
import { analyzeText } from "../core/resources/analyze/index.ts";
import { bootstrapFor } from "./to-bootstrap.ts";

function cluster(to: string): { type: string; dns_lookup_family?: string; host: string; port: number; retries: boolean } {
  const made = bootstrapFor(to, 8080);
  if ("problem" in made) throw new Error(made.problem);
  expect(analyzeText(made.text, { file: "to" })).toEqual([]);
  const resources = (JSON.parse(made.text) as { static_resources: Record<string, readonly Record<string, unknown>[]> })
    .static_resources;
  const [{ type, dns_lookup_family, load_assignment }] = resources["clusters"] as never[];
  const [{ lb_endpoints }] = (load_assignment as { endpoints: never[] }).endpoints;
  const [{ endpoint }] = lb_endpoints as never[];
  const { address, port_value } = (endpoint as { address: { socket_address: { address: string; port_value: number } } }).address
    .socket_address;
  return { type, dns_lookup_family, host: address, port: port_value, retries: made.text.includes("connect-failure") };
}

describe("--to", () => {
  it.each([
    ["http://127.0.0.1:3000", { type: "STATIC", host: "127.0.0.1", port: 3000, retries: false }],
    ["http://127.0.0.1:3000/", { type: "STATIC", host: "127.0.0.1", port: 3000 }],
    ["http://10.0.0.1", { type: "STATIC", port: 80 }],
    ["http://[::1]:3000", { type: "STATIC", host: "::1", port: 3000 }],
    ["http://service.local:81", { type: "STRICT_DNS", host: "service.local", port: 81 }],
    ["https://service.local", { type: "STRICT_DNS", host: "service.local", port: 443 }],
    ["https://10.0.0.1:8443", { type: "STATIC", port: 8443 }],
  ])("%s", (to, wanted) => {
    expect(cluster(to)).toMatchObject(wanted);
  });

  it("verifies a server that is asked by https for its name", () => {
    const made = bootstrapFor("https://service.local", 8080);
    const text = "text" in made ? made.text : "";
    expect(text).toMatch(/"sni": "service.local"/);
    expect(text).toMatch(/"system_root_certs": \{\}/);
    expect(text).toMatch(/"exact": "service.local"/);
  });

  it("tries every address of a name: a service may listen on only one", () => {
    expect(cluster("http://localhost:3000")).toMatchObject({ type: "STRICT_DNS", dns_lookup_family: "ALL", retries: true });
  });

  it.each([
    ["ftp://a", "wanted an origin"],
    ["127.0.0.1:3000", "wanted an origin such as http://127.0.0.1:3000"],
    ["http://a/path", "wanted an origin"],
    ["http://a?x", "wanted an origin"],
    ["http://u:p@a", "wanted an origin"],
    ["http://a:0", "wanted one from 1 to 65535"],
    ["http://a:65536", "wanted one from 1 to 65535"],
    ["http://", "wanted an origin"],
  ])("%s is refused", (to, message) => {
    const made = bootstrapFor(to, 8080);
    expect("problem" in made ? made.problem : "").toContain(message);
  });
});
