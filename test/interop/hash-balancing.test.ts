import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json, Mesh } from "../lib/bootstrap.ts";
import { describeRuntimes, skipped } from "../lib/describe.ts";
import { Runtime } from "../lib/gateway.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin } from "../lib/origin.ts";
import type { Origin } from "../lib/origin.ts";
import { freePorts } from "../lib/ports.ts";
import { rawConnect, request } from "../lib/raw.ts";
import { findEnvoy, skipReason } from "../lib/tools.ts";

const POLICIES = "envoy.extensions.load_balancing_policies";
const HOSTS = 7;
/** Keys that each cluster is asked with. */
const KEYS = Array.from({ length: 150 }, (_, i) => `key-${i * i}${i % 3 === 0 ? "-" + "long".repeat(i % 13) : ""}`);

interface Endpoint {
  readonly weight?: number;
  readonly priority?: number;
  readonly health?: string;
  readonly metadata?: Json;
  readonly hostname?: string;
}

/** A cluster of all hosts; `about` says what is special about each. */
function cluster(name: string, ports: readonly number[], fields: Json, about: (i: number) => Endpoint = () => ({})): Json {
  const levels = new Map<number, Json[]>();
  ports.forEach((port, i) => {
    const { weight, priority = 0, health, metadata, hostname } = about(i);
    const level = levels.get(priority) ?? [];
    levels.set(priority, level);
    level.push({
      endpoint: {
        address: { socket_address: { address: "127.0.0.1", port_value: port } },
        ...(hostname === undefined ? {} : { hostname }),
      },
      ...(weight === undefined ? {} : { load_balancing_weight: weight }),
      ...(health === undefined ? {} : { health_status: health }),
      ...(metadata === undefined ? {} : { metadata: { filter_metadata: { "envoy.lb": metadata } } }),
    });
  });
  const endpoints = [...levels].map(([priority, lb_endpoints]) => ({ priority, lb_endpoints }));
  return { name, type: "STATIC", ...fields, load_assignment: { cluster_name: name, endpoints } };
}

const byHeader = { hash_policy: [{ header: { header_name: "x-key" } }] };
const policy = (message: string, fields: Json = {}): Json => ({
  load_balancing_policy: { policies: [{ typed_extension_config: { name: "p", typed_config: typed(message, fields) } }] },
});

/** Clusters whose hosts are chosen by a hash, all by one header. */
const CLUSTERS: Readonly<Record<string, readonly [fields: Json, about?: (i: number) => Endpoint]>> = {
  ring: [{ lb_policy: "RING_HASH" }],
  murmur: [{ lb_policy: "RING_HASH", ring_hash_lb_config: { hash_function: "MURMUR_HASH_2", minimum_ring_size: 50 } }],
  small_ring: [{ lb_policy: "RING_HASH", ring_hash_lb_config: { minimum_ring_size: 3, maximum_ring_size: 5 } }],
  weighted_ring: [{ lb_policy: "RING_HASH" }, (i) => ({ weight: 1 + i * i })],
  ring_by_name: [
    {
      type: "STRICT_DNS",
      lb_policy: "RING_HASH",
      common_lb_config: { consistent_hashing_lb_config: { use_hostname_for_hashing: true } },
    },
    (i) => ({ hostname: `host-${i}.example` }),
  ],
  ring_by_metadata: [{ lb_policy: "RING_HASH" }, (i) => (i % 2 === 0 ? { metadata: { hash_key: `host ${i}` } } : {})],
  typed_ring: [policy(`${POLICIES}.ring_hash.v3.RingHash`, { hash_function: "MURMUR_HASH_2", minimum_ring_size: 99 })],
  maglev: [{ lb_policy: "MAGLEV" }],
  small_maglev: [{ lb_policy: "MAGLEV", maglev_lb_config: { table_size: 31 } }],
  weighted_maglev: [{ lb_policy: "MAGLEV" }, (i) => ({ weight: 1 + 3 * i })],
  typed_maglev: [policy(`${POLICIES}.maglev.v3.Maglev`, { table_size: 1009 })],
  unhealthy: [{ lb_policy: "RING_HASH" }, (i) => (i === 2 || i === 5 ? { health: "UNHEALTHY" } : {})],
  priorities: [{ lb_policy: "MAGLEV" }, (i) => ({ priority: i < 4 ? 0 : 1, ...(i < 2 ? { health: "UNHEALTHY" } : {}) })],
  bounded: [{ lb_policy: "MAGLEV", common_lb_config: { consistent_hashing_lb_config: { hash_balance_factor: 120 } } }],
};

/** Requests whose route hashes something else, over the cluster "maglev". */
const ROUTES: readonly (readonly [
  name: string,
  hashPolicy: Json[],
  send: (key: string) => readonly [string, [string, string][]],
])[] = [
  ["query", [{ query_parameter: { name: "k" } }], (key) => [`?a=b&k=${key}&k=z`, []]],
  ["cookie", [{ cookie: { name: "c" } }], (key) => ["", [["cookie", `x=1; c="${key}"; d=2`]]]],
  [
    "rewritten",
    [{ header: { header_name: "x-key", regex_rewrite: { pattern: { regex: "^key-([0-9])" }, substitution: "<\\1>" } } }],
    (key) => ["", [["x-key", key]]],
  ],
  [
    "several headers",
    [{ header: { header_name: "x-key" } }],
    (key) => [
      "",
      [
        ["x-key", key],
        ["x-key", "a"],
        ["x-key", `b${key}`],
      ],
    ],
  ],
  [
    "several policies",
    [{ header: { header_name: "x-key" } }, { query_parameter: { name: "k" } }, { cookie: { name: "none" } }],
    (key) => [`?k=${key.length}`, [["x-key", key]]],
  ],
  [
    "terminal",
    [
      { header: { header_name: "x-none" }, terminal: true },
      { header: { header_name: "x-key" }, terminal: true },
      { query_parameter: { name: "k" } },
    ],
    (key) => [`?k=${key.length}`, [["x-key", key]]],
  ],
  ["path", [{ header: { header_name: ":path" } }], (key) => [`/${key}?x`, []]],
  ["source", [{ connection_properties: { source_ip: true } }], (key) => ["", [["x-forwarded-for", `10.1.${key.length}.9`]]]],
];

function config(ports: readonly number[]): Mesh {
  const built = mesh().hcm({ use_remote_address: false, xff_num_trusted_hops: 0 });
  for (const [name, [fields, about]] of Object.entries(CLUSTERS)) {
    built.cluster(cluster(name, ports, fields, about));
    built.route(`/cluster/${name}/`, name, byHeader);
  }
  for (const [name, hash_policy] of ROUTES)
    built.route(`/policy/${name.replaceAll(" ", "-")}`, "maglev", { hash_policy, prefix_rewrite: "/rewritten" });
  built.route("/weights", undefined, {
    weighted_clusters: {
      clusters: [
        { name: "ring", weight: 30 },
        { name: "maglev", weight: 70 },
      ],
      use_hash_policy: true,
    },
    ...byHeader,
  });
  const attributes = [{ name: "SameSite", value: "Lax" }, { name: "Secure" }];
  const made = { name: "made", ttl: "3600s", path: "/p", attributes };
  built.route("/made", "maglev", { hash_policy: [{ cookie: made }] });
  built.route("/session", "maglev", { hash_policy: [{ cookie: { name: "s", ttl: "0s" } }] });
  return built;
}

interface Choices {
  /** Host by "what key". */
  readonly hosts: Map<string, string>;
  readonly cookies: Map<string, string[]>;
  readonly gauges: Map<string, number>;
}

async function ask(gateway: Gateway): Promise<Choices> {
  const hosts = new Map<string, string>();
  const cookies = new Map<string, string[]>();
  const client = await rawConnect(gateway.port);
  const get = async (path: string, fields: [string, string][]): Promise<{ host: string; cookies: string[] }> => {
    await client.send(request(path, { headers: fields }));
    const response = (await client.response())!;
    return { host: response.header("x-host") ?? "none", cookies: response.headerAll("set-cookie") };
  };
  for (const name of Object.keys(CLUSTERS))
    for (const key of KEYS) hosts.set(`${name} ${key}`, (await get(`/cluster/${name}/`, [["x-key", key]])).host);
  for (const [name, , send] of ROUTES) {
    for (const key of KEYS) {
      const [path, fields] = send(key);
      hosts.set(`${name} ${key}`, (await get(`/policy/${name.replaceAll(" ", "-")}${path}`, fields)).host);
    }
  }
  for (const key of KEYS) hosts.set(`weights ${key}`, (await get("/weights", [["x-key", key]])).host);
  for (const path of ["/made", "/session"]) {
    const first = await get(path, []);
    cookies.set(path, first.cookies);
    const pair = first.cookies[0]?.split(";")[0] ?? "";
    const again = await get(path, [["cookie", pair]]);
    cookies.set(`${path} again`, [again.host === first.host ? "the same host" : "another host", ...again.cookies]);
  }
  client.socket.destroy();
  const stats = [...(await gateway.stats())].filter(([name]) => /\.(ring_hash|maglev)_lb\./.test(name));
  return { hosts, cookies, gauges: new Map(stats.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const envoy = findEnvoy();
const title = "the same keys go to the same hosts as with Envoy";

if (envoy.path === undefined) skipped(title, skipReason(envoy));
else {
  describeRuntimes(title, (runtime) => {
    const origins: Origin[] = [];
    let expected: Choices;
    let actual: Choices;

    beforeAll(async () => {
      for (let i = 0; i < HOSTS; i++) {
        origins.push(
          await startOrigin(async (exchange) => {
            await exchange.respond({ headers: [["x-host", `host ${i}`]] });
          }),
        );
      }
      const built = config(origins.map(({ port }) => port));
      const [admin, ...free] = await freePorts(built.listenerNames.length + 1);
      const ports = Object.fromEntries(built.listenerNames.map((name, i) => [name, free[i]]));
      const run = async (subject: Runtime): Promise<Choices> => {
        const gateway = await subject.startOn(built, ports, admin);
        const choices = await ask(gateway);
        await subject.stopAll();
        return choices;
      };
      expected = await run(new Runtime("envoy"));
      actual = await run(runtime);
    }, 180_000);
    afterAll(async () => {
      await runtime.stopAll();
      await Promise.all(origins.map((origin) => origin.close()));
    });

    for (const what of [...Object.keys(CLUSTERS), ...ROUTES.map(([name]) => name), "weights"]) {
      it(what, () => {
        const of = (choices: Choices): Record<string, string | undefined> =>
          Object.fromEntries(KEYS.map((key) => [key, choices.hosts.get(`${what} ${key}`)]));
        expect(of(actual)).toEqual(of(expected));
        // Not for want of a choice.
        const many = what === "source" || what === "small_ring" ? 2 : 4;
        expect(new Set(Object.values(of(expected))).size).toBeGreaterThanOrEqual(many);
      });
    }

    it("cookies that are made have the same form, and bring clients back", () => {
      const shape = (choices: Choices): Record<string, string[]> =>
        Object.fromEntries(
          [...choices.cookies].map(([path, all]) => [path, all.map((one) => one.replace(/"[0-9a-f]{16}"/, '"hex"'))]),
        );
      expect(shape(actual)).toEqual(shape(expected));
      expect(actual.cookies.get("/made again")).toEqual(["the same host"]);
      expect(actual.cookies.get("/made")?.[0]).toMatch(
        /^made="[0-9a-f]{16}"; Max-Age=3600; Path=\/p; SameSite=Lax; Secure; HttpOnly$/,
      );
    });

    it("the gauges of rings and tables are the same", () => {
      expect(Object.fromEntries(actual.gauges)).toEqual(Object.fromEntries(expected.gauges));
      expect(actual.gauges.get("cluster.ring.ring_hash_lb.size")).toBeGreaterThanOrEqual(1024);
    });
  });
}
