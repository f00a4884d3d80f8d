import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { answering, bootstrapText, cluster, manager } from "../gateway-fixture.ts";
import { allFilters } from "../filters.ts";
import { ConfigurationError, Gateway } from "../gateway.ts";
import { parseExplain } from "./arguments.ts";
import type { Explanation } from "./explanation.ts";
import { printExplanation } from "./print.ts";
import type { Ask } from "./read-ask.ts";

const page = readFileSync(new URL("../../docs/explain.md", import.meta.url), "utf8");
const EXAMPLE = /^```sh\nisthmus explain (.*)\n```\n\n```text\n([^]*?)```$/gm;

/** The words of a command line, without the quotes of a shell. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

async function explain(text: string, ask: Partial<Ask>): Promise<Explanation> {
  const options = { file: "test.json", text, filters: allFilters, logLevel: "off" } as const;
  const explanation = await Gateway.explain(options, { method: "GET", url: "http://a.example/", ...ask });
  if (typeof explanation === "string") throw new Error(explanation);
  return explanation;
}

describe("docs/explain.md", () => {
  const examples = [...page.matchAll(EXAMPLE)].map(([, command, output]) => ({ command, output }));

  it.each(examples)("isthmus explain $command", async ({ command, output }) => {
    const args = parseExplain(words(command));
    if (typeof args === "string") throw new Error(args);
    const { paths, namespace, labels, ports } = args;
    const options = { paths, namespace, labels, ports, filters: allFilters, logLevel: "off" } as const;
    const explanation = await Gateway.explain(options, args.ask);
    expect(typeof explanation === "string" ? explanation : printExplanation(explanation)).toBe(output);
  });

  it("has examples", () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
  });
});

describe("explaining from a configuration", () => {
  const route = (more: object): string =>
    bootstrapText([answering("", 8080, { route: { ...more } })], [cluster("a", 1), cluster("b", 2)]);

  it("counts fractions and weights of one draw together", async () => {
    const weighted = {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 50 },
          { name: "b", weight: 50 },
        ],
      },
    };
    const half = { runtime_fraction: { default_value: { numerator: 50, denominator: "HUNDRED" } } };
    const hcm = {
      route_config: {
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [
              { name: "half", match: { prefix: "/", ...half }, route: weighted },
              { name: "rest", match: { prefix: "/" }, route: { cluster: "b" } },
            ],
          },
        ],
      },
    };
    const text = bootstrapText([answering("", 8080, { hcm })], [cluster("a", 1), cluster("b", 2)]);
    const { outcomes } = await explain(text, {});
    // The draws below 50 take the first route, and they are the ones that go to its first cluster.
    expect(outcomes.map(({ share, cluster: name }) => [share, name])).toEqual([
      [0.5, "a"],
      [0.5, "b"],
    ]);
  });

  it("tells a delay beside what else becomes of the request", async () => {
    const fault = {
      name: "fault",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
        delay: { fixed_delay: "5s", percentage: { numerator: 10 } },
      },
    };
    const http_filters = [fault, ...(manager({})["http_filters"] as object[])];
    const text = bootstrapText(
      [answering("", 8080, { hcm: { http_filters }, route: { route: { cluster: "a" } } })],
      [cluster("a", 1)],
    );
    const { steps, outcomes } = await explain(text, {});
    expect(steps.find((step) => step.kind === "fault")).toMatchObject({
      verdict: "drawn",
      odds: [
        { label: "delay of 5000 ms", share: 0.1 },
        { label: "no delay", share: 0.9 },
      ],
    });
    expect(outcomes).toMatchObject([{ share: 1, cluster: "a" }]);
  });

  it("collapses routes whose path does not match, but not one of which only a header does not", async () => {
    const routes = Array.from({ length: 20 }, (_, i) => ({ match: { prefix: `/${i}x` }, route: { cluster: "a" } }));
    const near = { match: { prefix: "/", headers: [{ name: "x", string_match: { exact: "1" } }] }, route: { cluster: "a" } };
    const hcm = { route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [...routes, near] }] } };
    const text = bootstrapText([answering("", 8080, { hcm })], [cluster("a", 1)]);
    const shown = (explanation: Explanation): unknown => explanation.steps.filter((step) => step.kind === "route");
    expect(shown(await explain(text, { headers: ["x: 2"] }))).toMatchObject([
      { subject: "0 to 19", misses: 20 },
      { subject: "20", near: true, reason: 'wanted header x equals "1", found "2"' },
      { subject: "none" },
    ]);
    expect((await explain(text, { all: true })).steps.filter((step) => step.kind === "route")).toHaveLength(22);
  });

  it("does not tell secrets, its own or the request's", async () => {
    const more = {
      match: { prefix: "/", headers: [{ name: "x-api-key", string_match: { exact: "s3cret" } }] },
      route: { cluster: "a" },
      request_headers_to_add: [{ header: { key: "authorization", value: "Bearer s3cret" } }],
    };
    for (const headers of [["cookie: s3cret"], ["x-api-key: s3cret"], ["x-api-key: s3cret2"]]) {
      const text = JSON.stringify(await explain(route(more), { headers }));
      expect(text).not.toContain("s3cret");
    }
  });

  it.each([
    ["a request that the codec refuses", { headers: ["content-length: x"] }, 400],
    ["one with two lengths", { headers: ["content-length: 1", "content-length: 2"] }, 400],
    ["one that is too large", { headers: [`x: ${"y".repeat(70_000)}`] }, 431],
    ["an unknown method", { method: "FROB" }, 400],
    ["an upgrade that is not allowed", { headers: ["connection: upgrade", "upgrade: websocket"] }, 403],
  ])("%s is answered as the gateway would", async (_, ask, status) => {
    const { outcomes } = await explain(route({ route: { cluster: "a" } }), ask);
    expect(outcomes).toMatchObject([{ status }]);
  });

  it("tells a cluster without endpoints, and one that is not there", async () => {
    const text = bootstrapText(
      [answering("", 8080, { route: { route: { cluster_header: "to" } } })],
      [cluster("a", 1), { name: "empty", type: "STATIC", load_assignment: { cluster_name: "empty" } }],
    );
    expect((await explain(text, { headers: ["to: empty"] })).outcomes).toMatchObject([
      { status: 503, details: "no_healthy_upstream" },
    ]);
    expect((await explain(text, { headers: ["to: x"] })).outcomes).toMatchObject([{ status: 503, details: "cluster_not_found" }]);
    expect((await explain(text, { headers: ["to: a"] })).outcomes).toMatchObject([{ cluster: "a" }]);
  });

  it("tells why one filter chain was taken and the others were not", async () => {
    const base = answering("", 8080, { route: { route: { cluster: "a" } } });
    const [chain] = base["filter_chains"] as [object];
    const filter_chains = [
      { ...chain, name: "inside", filter_chain_match: { source_prefix_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] } },
      { ...chain, name: "all" },
    ];
    const text = bootstrapText([{ ...base, filter_chains }], [cluster("a", 1)]);
    const chains = (explanation: Explanation): unknown => explanation.steps.filter((step) => step.kind === "filter chain");
    expect(chains(await explain(text, {}))).toMatchObject([
      { subject: "inside", verdict: "rejected", reason: "wanted source_prefix_ranges 10.0.0.0/8, found 127.0.0.1" },
      { subject: "all", verdict: "chosen", reason: "takes every connection" },
    ]);
    expect(chains(await explain(text, { from: "10.1.2.3" }))).toMatchObject([
      { subject: "inside", verdict: "chosen" },
      { subject: "all", verdict: "rejected", reason: "says nothing of source_prefix_ranges, and another is more specific" },
    ]);
  });

  it("says what is wrong with a configuration", async () => {
    await expect(explain("{", {})).rejects.toThrow(ConfigurationError);
    await expect(explain(route({ route: { cluster: "nowhere" } }), {})).rejects.toThrow(/nowhere/);
  });

  it("refuses https where the chain speaks plain text", async () => {
    const { refused, outcomes } = await explain(route({ route: { cluster: "a" } }), { url: "https://a.example:8080/" });
    expect(refused).toContain("speaks plain text");
    expect(outcomes).toEqual([]);
  });
});
