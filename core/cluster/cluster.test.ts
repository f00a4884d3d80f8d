import { describe, expect, it } from "vitest";
import type { LoadBalancerContext } from "../contract/cluster.ts";
import { HealthFlag } from "./health-flag.ts";
import { ClusterFixture, settle } from "./testing/cluster-fixture.ts";
import { get, RecordingRequest } from "./testing/recording-request.ts";

const endpoint = (host: string, more = ""): string =>
  `{ endpoint: { address: { socket_address: { address: ${host}, port_value: 80 } } }${more === "" ? "" : `, ${more}`} }`;
const assignment = (...localities: readonly string[]): string =>
  `load_assignment: { cluster_name: c, endpoints: [${localities.join(", ")}] }\n`;
const group = (endpoints: readonly string[], more = ""): string =>
  `{ lb_endpoints: [${endpoints.join(", ")}]${more === "" ? "" : `, ${more}`} }`;
const dns = (type: string, name: string, more = ""): string => `type: ${type}\n${assignment(group([endpoint(name)]))}${more}`;

function picks(cluster: { pick(context: null): { address: string } | null }, n = 200): string[] {
  const found = new Set<string>();
  for (let i = 0; i < n; i++) found.add(cluster.pick(null)?.address ?? "none");
  return [...found].sort();
}

describe("a STATIC cluster", () => {
  it("has the endpoints that it was given", async () => {
    const fixture = new ClusterFixture();
    const cluster = fixture.cluster(
      assignment(
        group(
          [
            endpoint("10.0.0.1", "load_balancing_weight: 3, metadata: { filter_metadata: { envoy.lb: { a: b } } }"),
            `{ endpoint: { hostname: six, address: { socket_address: { address: "::1", port_value: 8080 } } } }`,
            `{ endpoint: { address: { pipe: { path: /run/app.sock } } } }`,
          ],
          "locality: { region: r, zone: z }, priority: 1",
        ),
      ),
    );
    await cluster.warm();
    expect(
      cluster.hosts.map((host) => [host.address, host.ip, host.port, host.hostname, host.weight, host.priority, host.locality]),
    ).toEqual([
      ["10.0.0.1:80", "10.0.0.1", 80, "", 3, 1, "r/z"],
      ["[::1]:8080", "::1", 8080, "six", 1, 1, "r/z"],
      ["/run/app.sock", "", 0, "", 1, 1, "r/z"],
    ]);
    expect(cluster.hosts[0].metadata).toEqual({ "envoy.lb": { a: "b" } });
    expect([fixture.stat("membership_total"), fixture.stat("membership_change"), fixture.stat("max_host_weight")]).toEqual([
      3, 1, 3,
    ]);
  });

  it("picks null when it has none", async () => {
    const cluster = new ClusterFixture().cluster("");
    await cluster.warm();
    expect(cluster.pick(null)).toBeNull();
  });

  it("connects to a socket by its path", async () => {
    const fixture = new ClusterFixture();
    const cluster = fixture.cluster(assignment(group([`{ endpoint: { address: { pipe: { path: /run/app.sock } } } }`])));
    await cluster.warm();
    cluster.hosts[0].newStream(new RecordingRequest(), "DEFAULT");
    expect(fixture.connections[0].target).toEqual({ path: "/run/app.sock" });
  });
});

describe("health", () => {
  it("keeps hosts that are not healthy out, unless too few are", async () => {
    const fixture = new ClusterFixture();
    const hosts = [endpoint("10.0.0.1"), endpoint("10.0.0.2"), endpoint("10.0.0.3", "health_status: UNHEALTHY")];
    const cluster = fixture.cluster(assignment(group([...hosts, endpoint("10.0.0.4", "health_status: DRAINING")])));
    await cluster.warm();
    expect(picks(cluster)).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    expect([fixture.stat("membership_total"), fixture.stat("membership_healthy")]).toEqual([4, 2]);
    cluster.hosts[0].setHealthFlag(HealthFlag.FAILED_OUTLIER_CHECK, true);
    expect(cluster.hosts[0].healthy).toBe(false);
    // One of three that count: panic.
    expect(picks(cluster)).toHaveLength(4);
    expect(fixture.stat("lb_healthy_panic")).toBe(200);
    cluster.hosts[0].setHealthFlag(HealthFlag.FAILED_OUTLIER_CHECK, false);
    expect(picks(cluster)).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  });

  it("gives no host rather than panic when told so", async () => {
    const cluster = new ClusterFixture().cluster(
      assignment(group([endpoint("10.0.0.1", "health_status: UNHEALTHY")])) +
        "common_lb_config: { healthy_panic_threshold: { value: 0 } }",
    );
    await cluster.warm();
    expect(cluster.pick(null)).toBeNull();
  });

  it("moves the load to the next priority as hosts fail", async () => {
    const fixture = new ClusterFixture();
    const first = Array.from({ length: 4 }, (_, i) => endpoint(`10.0.0.${i + 1}`));
    const cluster = fixture.cluster(assignment(group(first), group([endpoint("10.0.1.1")], "priority: 1")));
    await cluster.warm();
    expect(picks(cluster)).not.toContain("10.0.1.1:80");
    for (const host of cluster.hosts.slice(0, 2)) host.setHealthFlag(HealthFlag.FAILED_ACTIVE_HC, true);
    let second = 0;
    for (let i = 0; i < 10_000; i++) if (cluster.pick(null)?.address === "10.0.1.1:80") second++;
    expect(second / 10_000).toBeCloseTo(0.3, 1);
    for (const host of cluster.hosts.slice(2, 4)) host.setHealthFlag(HealthFlag.FAILED_ACTIVE_HC, true);
    expect(picks(cluster)).toEqual(["10.0.1.1:80"]);
  });
});

describe("pick", () => {
  it("asks the request whether another host would be better", async () => {
    const cluster = new ClusterFixture().cluster(assignment(group([endpoint("10.0.0.1"), endpoint("10.0.0.2")])));
    await cluster.warm();
    const tried = cluster.hosts[0];
    const context: LoadBalancerContext = {
      stream: null,
      hash: null,

      shouldSelectAnotherHost: (host) => host === tried,
    };
    for (let i = 0; i < 20; i++) expect(cluster.pick(context)).toBe(cluster.hosts[1]);
    // One that is never content gets one in the end.
    expect(cluster.pick({ ...context, shouldSelectAnotherHost: () => true })).not.toBeNull();
  });
});

describe("a STRICT_DNS cluster", () => {
  it("has a host for each address, and follows the answers", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1", "10.0.0.2");
    const cluster = fixture.cluster(dns("STRICT_DNS", "app.test"));
    await cluster.warm();
    expect(picks(cluster)).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    expect(cluster.hosts[0].hostname).toBe("app.test");
    const [first, second] = cluster.hosts;
    fixture.dns.set("app.test", "10.0.0.2", "10.0.0.3");
    await fixture.advance(5010);
    expect(picks(cluster)).toEqual(["10.0.0.2:80", "10.0.0.3:80"]);
    // The one that stayed is the same object.
    expect(cluster.hosts).toContain(second);
    expect(cluster.hosts).not.toContain(first);
    await fixture.advance(5010);
    expect(
      ["update_attempt", "update_success", "update_no_rebuild", "membership_change"].map((name) => fixture.stat(name)),
    ).toEqual([3, 3, 1, 2]);
  });

  it("keeps its hosts when names can't be resolved, and says so", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1");
    const cluster = fixture.cluster(dns("STRICT_DNS", "app.test"));
    await cluster.warm();
    fixture.dns.answers.set("app.test", new Error("queryA ESERVFAIL app.test"));
    await fixture.advance(5010);
    expect(picks(cluster)).toEqual(["10.0.0.1:80"]);
    expect(fixture.stat("update_failure")).toBe(1);
    expect(fixture.logged).toEqual([`cluster "c": can't resolve "app.test": queryA ESERVFAIL app.test`]);
  });

  it("loses its hosts when the name has no address any more", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1");
    const cluster = fixture.cluster(dns("STRICT_DNS", "app.test"));
    await cluster.warm();
    fixture.dns.set("app.test");
    await fixture.advance(5010);
    expect(cluster.pick(null)).toBeNull();
    expect(fixture.stat("membership_total")).toBe(0);
  });

  it("drains what is gone: idle connections at once, busy ones later", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1");
    const cluster = fixture.cluster(dns("STRICT_DNS", "app.test"));
    await cluster.warm();
    const request = new RecordingRequest();
    cluster.hosts[0].newStream(request, "DEFAULT");
    cluster.hosts[0].newStream(new RecordingRequest(), "DEFAULT");
    for (const connection of fixture.connections) connection.establish();
    fixture.connections[1].receive("HTTP/1.1 204 No Content\r\n\r\n");
    fixture.dns.set("app.test", "10.0.0.2");
    await fixture.advance(5010);
    expect(fixture.connections.map((connection) => connection.state)).toEqual(["open", "closed"]);
    fixture.connections[0].receive("HTTP/1.1 204 No Content\r\n\r\n");
    expect(request.headers!.status).toBe(204);
    expect(fixture.connections[0].state).toBe("closed");
    expect(cluster.limits.DEFAULT.connections).toBe(0);
  });

  it("gives up all connections when hosts change, where that is asked for", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1");
    const cluster = fixture.cluster(
      dns("STRICT_DNS", "app.test", "common_lb_config: { close_connections_on_host_set_change: true }"),
    );
    await cluster.warm();
    const [host] = cluster.hosts;
    for (let i = 0; i < 2; i++) host.newStream(new RecordingRequest(), "DEFAULT");
    for (const connection of fixture.connections) connection.establish();
    fixture.connections[0].receive("HTTP/1.1 204 No Content\r\n\r\n");
    fixture.dns.set("app.test", "10.0.0.1", "10.0.0.2");
    await fixture.advance(5010);
    expect(cluster.hosts).toContain(host);
    expect(fixture.connections.map((connection) => connection.state)).toEqual(["closed", "open"]);
    fixture.connections[1].receive("HTTP/1.1 204 No Content\r\n\r\n");
    expect(fixture.connections[1].state).toBe("closed");
  });

  it("survives a name that flaps", async () => {
    const fixture = new ClusterFixture();
    const cluster = fixture.cluster(dns("STRICT_DNS", "app.test", "dns_refresh_rate: 1s"));
    await cluster.warm();
    for (let round = 0; round < 100; round++) {
      fixture.dns.set("app.test", `10.0.0.${round % 3}`, `10.0.0.${3 + (round % 2)}`);
      await fixture.advance(1010);
      const host = cluster.pick(null)!;
      const request = new RecordingRequest();
      host.newStream(request, "DEFAULT");
      for (const connection of fixture.connections) {
        if (connection.state === "connecting") connection.establish();
      }
      for (const connection of fixture.connections.splice(0)) connection.receive("HTTP/1.1 204 No Content\r\n\r\n");
      expect(request.headers?.status).toBe(204);
    }
    expect(cluster.hosts).toHaveLength(2);
    expect(cluster.limits.DEFAULT.requests).toBe(0);
    cluster.drain();
    expect(cluster.limits.DEFAULT.connections).toBe(0);
    expect(fixture.timers.armed).toBe(0);
  });

  it.each([
    ["dns_refresh_rate: 60s", 30, 60_000],
    ["respect_dns_ttl: true", 30, 30_000],
    ["respect_dns_ttl: true", 0, 5000],
  ])("asks again by %s (TTL %i) after %i ms", async (yaml, ttl, wanted) => {
    const fixture = new ClusterFixture();
    fixture.dns.answers.set("app.test", [
      { ip: "10.0.0.1", ttl: ttl * 2 },
      { ip: "10.0.0.2", ttl },
    ]);
    await fixture.cluster(dns("STRICT_DNS", "app.test", yaml)).warm();
    await fixture.advance(wanted - 10);
    expect(fixture.dns.asked).toHaveLength(1);
    await fixture.advance(20);
    expect(fixture.dns.asked).toHaveLength(2);
  });

  it("asks again after a failure by its own rate", async () => {
    const fixture = new ClusterFixture({ random: () => 0.5 });
    fixture.dns.answers.set("app.test", new Error("no"));
    await fixture
      .cluster(dns("STRICT_DNS", "app.test", "dns_failure_refresh_rate: { base_interval: 1s, max_interval: 2s }"))
      .warm();
    await fixture.advance(510);
    expect(fixture.dns.asked).toHaveLength(2);
    await fixture.advance(510);
    expect(fixture.dns.asked).toHaveLength(2);
    await fixture.advance(500);
    expect(fixture.dns.asked).toHaveLength(3);
  });

  it("takes IP addresses as they are, each name with its own weight and port", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("a.test", "10.0.0.1");
    fixture.dns.set("b.test", "10.0.0.2", "10.0.0.3");
    const cluster = fixture.cluster(
      `type: STRICT_DNS\ndns_lookup_family: V4_ONLY\n${assignment(
        group([endpoint("a.test", "load_balancing_weight: 5"), endpoint("b.test"), endpoint("10.9.9.9")]),
      )}`,
    );
    await cluster.warm();
    expect(cluster.hosts.map((host) => [host.address, host.weight])).toEqual([
      ["10.0.0.1:80", 5],
      ["10.0.0.2:80", 1],
      ["10.0.0.3:80", 1],
      ["10.9.9.9:80", 1],
    ]);
    expect(fixture.dns.asked).toEqual(["a.test", "b.test"]);
    expect(fixture.dns.families).toEqual(["V4_ONLY", "V4_ONLY"]);
  });

  it("is warm at once when nobody shall wait", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.resolve = () => new Promise(() => {});
    await fixture.cluster(dns("STRICT_DNS", "app.test", "wait_for_warm_on_init: false")).warm();
    let warm = false;
    void fixture
      .cluster(dns("STRICT_DNS", "app.test"))
      .warm()
      .then(() => (warm = true));
    await settle();
    expect(warm).toBe(false);
  });

  it("stops asking when it drains", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1");
    const cluster = fixture.cluster(dns("STRICT_DNS", "app.test"));
    await cluster.warm();
    cluster.drain();
    await fixture.advance(60_000);
    expect(fixture.dns.asked).toHaveLength(1);
  });
});

describe("a LOGICAL_DNS cluster", () => {
  it("has one host, which moves; connections stay where they are", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1", "10.0.0.2");
    const cluster = fixture.cluster(dns("LOGICAL_DNS", "app.test"));
    await cluster.warm();
    const [host] = cluster.hosts;
    expect(picks(cluster)).toEqual(["10.0.0.1:80"]);
    host.newStream(new RecordingRequest(get), "DEFAULT");
    fixture.connections[0].establish();
    fixture.dns.set("app.test", "10.0.0.3");
    await fixture.advance(5010);
    expect(cluster.hosts).toEqual([host]);
    expect(host.address).toBe("10.0.0.3:80");
    host.newStream(new RecordingRequest(get), "DEFAULT");
    expect(fixture.connections.map(({ target, state }) => ["host" in target && target.host, state])).toEqual([
      ["10.0.0.1", "open"],
      ["10.0.0.3", "connecting"],
    ]);
    expect(fixture.stat("membership_change")).toBe(1);
  });

  it("keeps its host when the answer is empty or there is none", async () => {
    const fixture = new ClusterFixture();
    fixture.dns.set("app.test", "10.0.0.1");
    const cluster = fixture.cluster(dns("LOGICAL_DNS", "app.test"));
    await cluster.warm();
    fixture.dns.set("app.test");
    await fixture.advance(5010);
    fixture.dns.answers.set("app.test", new Error("no"));
    await fixture.advance(5010);
    expect(picks(cluster)).toEqual(["10.0.0.1:80"]);
    expect(fixture.stat("update_failure")).toBe(2);
  });

  it("has no host before its name was resolved", async () => {
    const fixture = new ClusterFixture();
    const cluster = fixture.cluster(dns("LOGICAL_DNS", "app.test"));
    await cluster.warm();
    expect(cluster.pick(null)).toBeNull();
    fixture.dns.set("app.test", "10.0.0.1");
    await fixture.advance(5010);
    expect(picks(cluster)).toEqual(["10.0.0.1:80"]);
  });
});

describe("stats", () => {
  it("are below the cluster's name, or its other name", () => {
    const fixture = new ClusterFixture();
    const cluster = fixture.cluster("alt_stat_name: other");
    expect(cluster.stats.upstream_rq_total.name).toBe("cluster.other.upstream_rq_total");
    expect(cluster.altStatName).toBe("other");
  });

  it("count responses by class and by status", () => {
    const fixture = new ClusterFixture();
    const { stats } = fixture.cluster("");
    for (const status of [200, 200, 204, 503, 99, 600]) stats.response(status);
    const names = fixture.store.counters.filter(({ name }) => /_rq_\d/.test(name));
    expect(names.map(({ name, value }) => [name.replace("cluster.c.upstream_rq_", ""), value])).toEqual([
      ["200", 2],
      ["204", 1],
      ["2xx", 3],
      ["503", 1],
      ["5xx", 1],
    ]);
    expect(names[0].extracted).toBe("cluster.upstream_rq");
    expect(names[0].tags).toContainEqual(["envoy.response_code", "200"]);
    expect(names[2].tags).toContainEqual(["envoy.response_code_class", "2"]);
  });
});
