import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { allFilters } from "./filters.ts";
import { adminOf, answering, ask, bootstrapText, cluster, manager, portOf, startEcho, startGateway } from "./gateway-fixture.ts";
import { ConfigurationError, Gateway } from "./gateway.ts";

const started: Gateway[] = [];
const start = async (...args: Parameters<typeof startGateway>): ReturnType<typeof startGateway> => {
  const made = await startGateway(...args);
  started.push(made.gateway);
  return made;
};

let folder: string;
let echo: Awaited<ReturnType<typeof startEcho>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isthmus-gateway-"));
  echo = await startEcho();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((gateway) => gateway.stop()));
});
afterAll(async () => {
  await echo.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A gateway from a file that a test rewrites. */
async function fromFile(text: string): Promise<{ gateway: Gateway; write: (text: string) => void; log: string[] }> {
  const file = join(mkdtempSync(join(folder, "f-")), "gateway.json");
  writeFileSync(file, text);
  const { gateway, log } = await start("", { file, text: undefined });
  return { gateway, log, write: (next) => writeFileSync(file, next) };
}

/** A port that is free at the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("a gateway as a library", () => {
  it("serves a text, and is gone when it stops", async () => {
    const { gateway } = await start(bootstrapText([answering("one")]));
    const port = portOf(gateway);
    expect(await ask(port)).toMatchObject({ status: 200, text: "one" });
    expect(gateway.state).toBe("LIVE");
    await Promise.all([gateway.stop(), gateway.stop()]);
    await expect(ask(port)).rejects.toThrow();
    expect(gateway.state).toBe("DRAINING");
    await expect(gateway.reload()).rejects.toThrow("the gateway is stopping");
  });

  it("stops one gateway of a process, and not the timers of another", async () => {
    const slow = answering("", 0, { route: { direct_response: { status: 200 } }, hcm: { request_headers_timeout: "0.3s" } });
    const { gateway } = await start(bootstrapText([slow]));
    const other = await startGateway(bootstrapText([answering("other")]));
    const { connect } = await import("node:net");
    const socket = connect(portOf(gateway), "127.0.0.1");
    let text = "";
    socket.on("data", (data) => (text += data.toString()));
    socket.write("GET / HTTP/1.1\r\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await other.gateway.stop();
    await new Promise((resolve) => socket.on("close", resolve));
    expect(text).toContain("408 Request Timeout");
  });

  it("leaves nothing behind when a port is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const busy = (taken.address() as AddressInfo).port;
    const free = await freePort();
    await expect(startGateway(bootstrapText([answering("one", free), answering("two", busy)]))).rejects.toThrow(
      `127.0.0.1:${busy} is in use by another process`,
    );
    await expect(ask(free)).rejects.toThrow();
    await expect(startGateway(bootstrapText([answering("one", free)]), { adminPort: busy })).rejects.toThrow(
      /the admin port: --admin-port N/,
    );
    await new Promise((resolve) => taken.close(resolve));
  });

  it("takes two listeners on any port, also without names", async () => {
    const unnamed = (body: string) => answering(body, 0, { listener: { name: "" } });
    const { gateway } = await start(bootstrapText([unnamed("a"), unnamed("b")]));
    expect((await ask(portOf(gateway, 0))).text + (await ask(portOf(gateway, 1))).text).toBe("ab");
  });

  it("refuses two listeners of one address by name, not by what the system says", async () => {
    const port = await freePort();
    const twice = [answering("a", port, { listener: { name: "first" } }), answering("b", port, { listener: { name: "second" } })];
    await expect(startGateway(bootstrapText(twice))).rejects.toThrow(`127.0.0.1:${port} is taken by the listener "first"`);
  });

  it("listens on every address of a listener, and on IPv6 without IPv4 as Envoy does", async () => {
    const at = (address: string, more = {}) => ({ address: { socket_address: { address, port_value: 0, ...more } } });
    const { gateway } = await start(
      bootstrapText([
        answering("both", 0, { listener: { additional_addresses: [at("127.0.0.1"), at("::1")] } }),
        answering("six", 0, { listener: { name: "six", ...at("::") } }),
        answering("any", 0, { listener: { name: "any", ...at("::", { ipv4_compat: true }) } }),
      ]),
    );
    const [first, second, third, six, any] = gateway.server.listeners;
    for (const { port } of [first, second]) expect((await ask(port)).text).toBe("both");
    expect(await (await fetch(`http://[::1]:${third.port}/`)).text()).toBe("both");
    expect(await (await fetch(`http://[::1]:${six.port}/`)).text()).toBe("six");
    await expect(ask(six.port)).rejects.toThrow();
    expect((await ask(any.port)).text).toBe("any");
  });

  it("does not wait for ever for names that nobody answers for", async () => {
    const { Server } = await import("../core/server/server.ts");
    const warnings: string[] = [];
    const log = { trace() {}, debug() {}, info() {}, warn: (text: string) => void warnings.push(text), error() {} };
    const server = new Server(log, 100, 20);
    let active = false;
    const nothing = (): void => undefined;
    const activate = (): void => void (active = true);
    await server.apply({
      version: 1,
      listeners: [],
      managers: [],
      occupants: [],
      warm: () => new Promise(() => undefined),
      activate,
      discard: nothing,
      dispose: nothing,
    });
    expect(active).toBe(true);
    expect(warnings[0]).toContain("no DNS answer or no result of health checks");
    await server.stop();
  });
});

describe("a configuration that can't be honoured", () => {
  const refused = async (text: string, options = {}): Promise<string> => {
    const error: unknown = await startGateway(text, options).then(
      ({ gateway }) => gateway.stop(),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as ConfigurationError).message;
  };
  const socket = {
    name: "alts",
    typed_config: { "@type": "type.googleapis.com/envoy.extensions.transport_sockets.alts.v3.Alts" },
  };

  it("is refused where a transport was asked for that there is not, whatever is allowed", async () => {
    const chains = [
      { transport_socket: socket, filters: [{ name: "hcm", typed_config: manager({ direct_response: { status: 200 } }) }] },
    ];
    const listener = bootstrapText([answering("", 0, { listener: { filter_chains: chains } })]);
    expect(await refused(listener, { allowUnsupported: true })).toContain(
      "wanted one of envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
    );
    const upstream = bootstrapText([answering("")], [cluster("c", 1, { transport_socket: socket })]);
    expect(await refused(upstream, { allowUnsupported: true })).toContain(
      "wanted one of envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
    );
  });

  it("is refused for a listener filter that there is not, and statistics that can't be kept so", async () => {
    const filters = [
      {
        name: "x",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst" },
      },
    ];
    expect(await refused(bootstrapText([answering("", 0, { listener: { listener_filters: filters } })]))).toContain(
      "original_dst is not supported: connections are taken where they arrive",
    );
    const stats_config = { stats_tags: [{ tag_name: "t", regex: "(" }] };
    expect(await refused(bootstrapText([answering("")], [], { stats_config }))).toContain("stats_config.stats_tags[0].regex");
  });

  it("names an admin address that is none", async () => {
    expect(await refused(bootstrapText([answering("")], [], { admin: { address: { pipe: { path: "/p" } } } }))).toContain(
      "the admin listener takes TCP",
    );
  });
});

describe("reloading", () => {
  it("takes a new text of the file, and keeps the old one when that is wrong", async () => {
    const { gateway, write } = await fromFile(bootstrapText([answering("one")]));
    const port = portOf(gateway);
    write(bootstrapText([answering("two")]));
    await gateway.reload();
    expect((await ask(port)).text).toBe("two");
    write('{ "static_resources": { "listenres": [] } }');
    await expect(gateway.reload()).rejects.toThrow(/gateway\.json:1:25: error: .*"listenres".*"listeners"/);
    expect((await ask(port)).text).toBe("two");
  });

  it("adds, moves and removes listeners, and keeps what was there when a new one can't be bound", async () => {
    const [a, b, c] = [await freePort(), await freePort(), await freePort()];
    const { gateway, write } = await fromFile(bootstrapText([answering("a", a), answering("b", b)]));
    write(bootstrapText([answering("a", a), answering("c", c)]));
    await gateway.reload();
    await expect(ask(b)).rejects.toThrow();
    expect((await ask(a)).text + (await ask(c)).text).toBe("ac");
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(b, "127.0.0.1", resolve));
    const before = gateway.server.current;
    write(bootstrapText([answering("new", a), answering("x", b)]));
    await expect(gateway.reload()).rejects.toThrow("is in use");
    expect(gateway.server.current).toBe(before);
    expect((await ask(a)).text + (await ask(c)).text).toBe("ac");
    await new Promise((resolve) => taken.close(resolve));
  });

  it("moves a listener from one address to another of the same port", async () => {
    const port = await freePort();
    const on = (address: string, body: string) =>
      answering(body, 0, { listener: { address: { socket_address: { address, port_value: port } } } });
    const { gateway, write } = await fromFile(bootstrapText([on("0.0.0.0", "all")]));
    write(bootstrapText([on("127.0.0.1", "one")]));
    await gateway.reload();
    expect((await ask(port)).text).toBe("one");
  });

  it("does not hand connections of one filter chain to another that took its place", async () => {
    const chain = (name: string, source_prefix_ranges: unknown) => ({
      filter_chain_match: { source_prefix_ranges },
      filters: [{ name: "hcm", typed_config: manager({ direct_response: { status: 200, body: { inline_string: name } } }) }],
    });
    const local = chain("local", [{ address_prefix: "127.0.0.0", prefix_len: 8 }]);
    const far = chain("far", [{ address_prefix: "10.0.0.0", prefix_len: 8 }]);
    const listener = (filter_chains: unknown) => bootstrapText([answering("", 0, { listener: { filter_chains } })]);
    const { gateway, write } = await fromFile(listener([local]));
    const { Agent, get } = await import("node:http");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const read = (): Promise<string> =>
      new Promise((resolve, reject) => {
        get({ port: portOf(gateway), host: "127.0.0.1", agent }, (response) => {
          let text = "";
          response.on("data", (data: Buffer) => (text += data.toString()));
          response.on("end", () => resolve(text));
        }).on("error", reject);
      });
    expect(await read()).toBe("local");
    write(listener([far, local]));
    await gateway.reload();
    expect(await read()).toBe("local");
    agent.destroy();
  });

  it("keeps the pools of clusters that did not change", async () => {
    const config = (body: string) => {
      const forwarding = answering("", 0, { route: { route: { cluster: "echo" } } });
      return bootstrapText([forwarding, answering(body, 0, { listener: { name: "other" } })], [cluster("echo", echo.port)]);
    };
    const { gateway, write } = await fromFile(config("0"));
    const before = echo.connections();
    for (let i = 1; i <= 5; i++) {
      expect((await ask(portOf(gateway))).status).toBe(200);
      write(config(String(i)));
      await gateway.reload();
      expect((await ask(portOf(gateway, 1))).text).toBe(String(i));
    }
    expect(echo.connections() - before).toBe(1);
    expect(gateway.stats.counters.find((series) => series.name === "cluster.echo.upstream_cx_total")?.value).toBe(1);
  });

  it("leaves no series, listeners or snapshots behind over 200 reloads", async () => {
    const config = (i: number) => {
      const listener = answering("", 0, {
        route: { route: { cluster: `c${i}` } },
        hcm: { stat_prefix: `p${i}` },
        listener: { stat_prefix: `l${i}` },
      });
      return bootstrapText([listener], [cluster(`c${i}`, echo.port)]);
    };
    const { gateway, write } = await fromFile(config(0));
    const reload = async (i: number): Promise<void> => {
      write(config(i));
      await gateway.reload();
    };
    await reload(1);
    const port = portOf(gateway);
    expect((await ask(port)).status).toBe(200);
    const series = gateway.stats.size;
    for (let i = 2; i <= 200; i++) await reload(i);
    expect((await ask(port)).status).toBe(200);
    expect(gateway.stats.size).toBe(series);
    expect(gateway.stats.counters.map(({ name }) => name).filter((name) => /\b[cpl]1?\d\b/.test(name))).toEqual([]);
    expect(gateway.clusters.list().map(({ name }) => name)).toEqual(["c200"]);
    expect(gateway.server.listeners).toHaveLength(2);
  });

  it("disposes of filters once, after the last stream on them, and of none that serve", async () => {
    const file = join(folder, "noting.mjs");
    writeFileSync(
      file,
      `const id = "noting";
       import { defineFilter } from "isthmus/plugin";
       export default defineFilter({ id, status: "alpha", posture: "untrusted", create: () => ({ dispose() { globalThis.disposed = (globalThis.disposed ?? 0) + 1; } }) });`,
    );
    const typed = { "@type": "type.googleapis.com/xds.type.v3.TypedStruct", type_url: `file:${file}`, value: {} };
    const router = {
      name: "router",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    };
    const config = (i: number) => {
      const hcm = { http_filters: [{ name: "noting", typed_config: typed }, router] };
      const fault = {
        route: { cluster: "slow", timeout: "2s" },
        response_headers_to_add: [{ header: { key: "x-i", value: String(i) } }],
      };
      return bootstrapText([answering("", 0, { hcm, route: fault })], [cluster("slow", slowPort)]);
    };
    const waiting: (() => void)[] = [];
    const { createServer: http } = await import("node:http");
    const slow = http((_request, response) => void waiting.push(() => response.end("late")));
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const slowPort = (slow.address() as AddressInfo).port;
    const disposed = (): number => (globalThis as { disposed?: number }).disposed ?? 0;
    const { gateway, write } = await fromFile(config(1));
    const running = ask(portOf(gateway));
    while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    write(config(2));
    await gateway.reload();
    expect(disposed(), "a stream still runs on it").toBe(0);
    waiting[0]();
    expect((await running).headers.get("x-i")).toBe("1");
    while (disposed() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(disposed()).toBe(1);
    await gateway.stop();
    expect(disposed()).toBe(2);
    await new Promise((resolve) => slow.close(resolve));
  });

  it("is done one at a time, in order", async () => {
    const { gateway, write, log } = await fromFile(bootstrapText([answering("0")]));
    write(bootstrapText([answering("last")]));
    await Promise.all([gateway.reload(), gateway.reload(), gateway.reload()]);
    expect((await ask(portOf(gateway))).text).toBe("last");
    expect(log.join("")).toMatch(/configuration 2 is live[^]*configuration 3 is live[^]*configuration 4 is live/);
  });

  it("says that a change of how statistics are kept waits for the next start", async () => {
    const { gateway, write, log } = await fromFile(bootstrapText([answering("0")]));
    write(bootstrapText([answering("0")], [], { stats_config: { stats_tags: [{ tag_name: "t", fixed_value: "v" }] } }));
    await gateway.reload();
    expect(log.join("")).toContain("stats_config has changed");
  });
});

describe("what a bootstrap says of the process", () => {
  it("an admin block without an address has no admin port; without the block there is one", async () => {
    const { gateway } = await start(bootstrapText([answering("")], [], { admin: {} }));
    expect(adminOf(gateway)).toBe(0);
    const { gateway: other } = await start(bootstrapText([answering("")], [], { admin: undefined }), { adminPort: 0 });
    expect((await ask(adminOf(other), "/ready")).text).toBe("LIVE\n");
  });

  it("the admin port keeps a log and answers only the paths that it may", async () => {
    const path = join(folder, "admin.log");
    const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
    const { gateway } = await start(
      bootstrapText([answering("")], [], { admin: { address, access_log_path: path, allow_paths: [{ exact: "/ready" }] } }),
    );
    expect((await ask(adminOf(gateway), "/ready")).status).toBe(200);
    expect(await ask(adminOf(gateway), "/stats")).toMatchObject({ status: 403 });
    await gateway.stop();
    expect(readFileSync(path, "utf8")).toMatch(/"GET \/ready HTTP\/1.1" 200[^]*"GET \/stats HTTP\/1.1" 403/);
  });

  it("runtime values of the admin layer can be changed, and outlast a reload", async () => {
    const layered_runtime = {
      layers: [
        { name: "s", static_layer: { "a.b": 0 } },
        { name: "admin", admin_layer: {} },
      ],
    };
    const route = {
      match: { prefix: "/", runtime_fraction: { default_value: { numerator: 0 }, runtime_key: "a.b" } },
      direct_response: { status: 200 },
    };
    const { gateway } = await start(bootstrapText([answering("", 0, { route })], [], { layered_runtime }));
    const modify = (query: string) => ask(adminOf(gateway), `/runtime_modify?${query}`, { method: "POST" });
    expect((await ask(portOf(gateway))).status).toBe(404);
    expect(await modify("a.b=100")).toMatchObject({ status: 200, text: "OK\n" });
    expect((await ask(portOf(gateway))).status).toBe(200);
    const shown = JSON.parse((await ask(adminOf(gateway), "/runtime")).text) as { entries: Record<string, unknown> };
    expect(shown.entries["a.b"]).toEqual({ final_value: "100", layer_values: ["0", "100"] });
    await gateway.reload();
    expect((await ask(portOf(gateway))).status).toBe(200);
    await modify("a.b=");
    expect((await ask(portOf(gateway))).status).toBe(404);
  });

  it("a failed health check makes the gateway not ready and its responses end their connections", async () => {
    const modifyOnly = answering("m", 0, { listener: { name: "m", drain_type: "MODIFY_ONLY" } });
    const { gateway } = await start(bootstrapText([answering("d"), modifyOnly]));
    const connection = async (index: number): Promise<string | null> =>
      (await fetch(`http://127.0.0.1:${portOf(gateway, index)}/`)).headers.get("connection");
    await ask(adminOf(gateway), "/healthcheck/fail", { method: "POST" });
    expect(await ask(adminOf(gateway), "/ready")).toMatchObject({ status: 503, text: "DRAINING\n" });
    expect(await connection(0)).toBe("close");
    expect(await connection(1)).not.toBe("close");
    await gateway.reload();
    expect(await connection(0)).toBe("close");
    await ask(adminOf(gateway), "/healthcheck/ok", { method: "POST" });
    expect((await ask(adminOf(gateway), "/ready")).status).toBe(200);
    expect(await connection(0)).not.toBe("close");
  });

  it("tells upstreams who it is, and lets no client claim a certificate", async () => {
    const seen = async (hcm: object): Promise<Record<string, string>> => {
      const listener = answering("", 0, { hcm: hcm as never, route: { route: { cluster: "echo" } } });
      const { gateway } = await start(
        bootstrapText([listener], [cluster("echo", echo.port)], { node: { id: "me", cluster: "us" } }),
      );
      const { text } = await ask(portOf(gateway), "/", { headers: { "x-forwarded-client-cert": "By=spiffe://admin" } });
      return JSON.parse(text) as Record<string, string>;
    };
    const plain = await seen({});
    expect(plain).not.toHaveProperty("x-forwarded-client-cert");
    expect(plain).not.toHaveProperty("x-envoy-downstream-service-cluster");
    expect(await seen({ add_user_agent: true })).toMatchObject({
      "x-envoy-downstream-service-cluster": "us",
      "x-envoy-downstream-service-node": "me",
    });
    expect(await seen({ forward_client_cert_details: "ALWAYS_FORWARD_ONLY" })).toHaveProperty("x-forwarded-client-cert");
  });

  it("local replies are mapped by runtime values", async () => {
    const filter = { runtime_filter: { runtime_key: "map.it", percent_sampled: { numerator: 0 } } };
    const mappers = [{ filter, status_code: 418 }];
    const listener = answering("", 0, {
      hcm: { local_reply_config: { mappers } },
      route: { match: { path: "/x" }, direct_response: { status: 200 } },
    });
    const layers = [{ name: "s", static_layer: { "map.it": 100 } }];
    const { gateway } = await start(bootstrapText([listener], [], { layered_runtime: { layers } }));
    expect((await ask(portOf(gateway), "/nothing")).status).toBe(418);
  });
});

describe("looking at a configuration without starting it", () => {
  it("finds what only building finds, and touches nothing", async () => {
    const path = join(folder, "never.log");
    const log = (format: string) => ({
      name: "f",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
        path,
        log_format: { text_format_source: { inline_string: format } },
      },
    });
    const text = (format: string) => bootstrapText([answering("", 0, { hcm: { access_log: [log(format)] } })]);
    const check = (source: string) => Gateway.check({ file: "c.json", text: source, filters: allFilters, logLevel: "off" });
    expect(await check(text("%PROTOCOL%"))).toEqual([]);
    expect((await check(text("%NO_SUCH%"))).map((error) => error.message).join()).toContain("NO_SUCH");
    expect(() => readFileSync(path)).toThrow();
  });
});
