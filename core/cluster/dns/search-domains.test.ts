import { describe, expect, it } from "vitest";
import { candidates, parseSearchDomains, readSearchDomains } from "./search-domains.ts";

describe("search domains", () => {
  const cluster = parseSearchDomains(
    "nameserver 10.0.0.10\nsearch ns.svc.cluster.local svc.cluster.local.\noptions ndots:5 timeout:1\n",
  );

  it("are read from resolv.conf", () => {
    expect(cluster).toEqual({ domains: ["ns.svc.cluster.local", "svc.cluster.local."], ndots: 5 });
    expect(parseSearchDomains("domain a.example\n; search b\n")).toEqual({ domains: ["a.example"], ndots: 1 });
    expect(parseSearchDomains("search .\n").domains).toEqual([]);
  });

  it.each([
    ["web", ["web.ns.svc.cluster.local", "web.svc.cluster.local", "web"]],
    ["web.example.com", ["web.example.com.ns.svc.cluster.local", "web.example.com.svc.cluster.local", "web.example.com"]],
    ["a.b.c.d.e.f", ["a.b.c.d.e.f", "a.b.c.d.e.f.ns.svc.cluster.local", "a.b.c.d.e.f.svc.cluster.local"]],
    ["web.example.com.", ["web.example.com"]],
  ])("give for %s %j", (name, wanted) => {
    expect(candidates(name, cluster)).toEqual(wanted);
  });

  it("may be missing", async () => {
    expect(await readSearchDomains("/nonexistent/resolv.conf")).toEqual({ domains: [], ndots: 1 });
  });
});
