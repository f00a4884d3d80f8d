import { createSecureServer, type Http2SecureServer, type SecureServerOptions } from "node:http2";
import { createServer as createHttps, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { makeCertificate, type TestCertificate } from "../lib/certificates.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { Http2Client } from "../lib/http2.ts";
import { rawConnect, request } from "../lib/raw.ts";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const CONFIGS: Record<string, Json> = {
  explicit1: { explicit_http_config: { http_protocol_options: {} } },
  explicit2: { explicit_http_config: { http2_protocol_options: {} } },
  same: { use_downstream_protocol_config: {} },
  auto: { auto_config: {} },
};

/** How the origins choose of what is offered. */
const ORIGINS: Record<string, SecureServerOptions> = {
  both: { ALPNProtocols: ["h2", "http/1.1"] },
  only1: { ALPNProtocols: ["http/1.1"] },
  only2: { ALPNProtocols: ["h2"], allowHTTP1: false },
};

/**
 * What is spoken, by what the cluster says and what the upstream takes: `OFFER > PROTOCOL`, for a client of HTTP/1.1 and one of HTTP/2. The rows are what
 * Envoy 1.40 does. 503: the handshake fails, as RFC 7301 section 3.2 wants it where nothing is in common. An origin that knows no ALPN
 * is spoken to as the cluster says; by `auto_config` in HTTP/1.1.
 */
const SPOKEN: readonly (readonly [config: string, origin: string, client1: string, client2: string])[] = [
  ["explicit1", "both", "http/1.1 > 1.1", "http/1.1 > 1.1"],
  ["explicit1", "only1", "http/1.1 > 1.1", "http/1.1 > 1.1"],
  ["explicit1", "only2", "http/1.1 > 503", "http/1.1 > 503"],
  ["explicit1", "none", " > 1.1", " > 1.1"],
  ["explicit2", "both", "h2 > 2.0", "h2 > 2.0"],
  ["explicit2", "only1", "h2 > 503", "h2 > 503"],
  ["explicit2", "only2", "h2 > 2.0", "h2 > 2.0"],
  ["same", "both", "http/1.1 > 1.1", "h2 > 2.0"],
  ["same", "only1", "http/1.1 > 1.1", "h2 > 503"],
  ["same", "only2", "http/1.1 > 503", "h2 > 2.0"],
  ["auto", "both", "h2,http/1.1 > 2.0", "h2,http/1.1 > 2.0"],
  ["auto", "only1", "h2,http/1.1 > 1.1", "h2,http/1.1 > 1.1"],
  ["auto", "only2", "h2,http/1.1 > 2.0", "h2,http/1.1 > 2.0"],
  ["auto", "none", " > 1.1", " > 1.1"],
];

describeRuntimes("the protocol of TLS upstreams", (runtime) => {
  let certificate: TestCertificate;
  const ports: Record<string, number> = {};
  const offers: Record<string, string> = {};
  const servers: (Http2SecureServer | HttpsServer)[] = [];
  let gateway: Gateway;
  let client: Http2Client;

  const serve = async (name: string, options: SecureServerOptions): Promise<void> => {
    const chosen = (options.ALPNProtocols ?? []) as readonly string[];
    const alpn = {
      ALPNProtocols: undefined,
      ALPNCallback: ({ protocols }: { protocols: string[] }) => {
        offers[name] = protocols.join();
        return protocols.find((protocol) => chosen.includes(protocol));
      },
    };
    const server = createSecureServer(
      { cert: certificate.cert, key: certificate.key, allowHTTP1: true, ...options, ...alpn } as SecureServerOptions,
      (incoming, response) => {
        response.setHeader("x-spoken", incoming.httpVersion);
        // Requests that came together are answered together: their number shows how they travelled.
        if (incoming.url?.endsWith("/slow") === true) setTimeout(() => response.end("slow"), 100);
        else response.end("hello");
      },
    );
    servers.push(server);
    ports[name] = await listening(server);
  };

  beforeAll(async () => {
    certificate = await makeCertificate({ dns: ["a.example"] });
    for (const [name, options] of Object.entries(ORIGINS)) await serve(name, options);
    const none = createHttps({ cert: certificate.cert, key: certificate.key }, (incoming, response) => {
      response.setHeader("x-spoken", incoming.httpVersion);
      response.end("hello");
    });
    // An `https.Server` has a list of its own.
    none.removeAllListeners("newSession");
    (none as unknown as { ALPNProtocols: undefined }).ALPNProtocols = undefined;
    servers.push(none);
    ports["none"] = await listening(none);
    const config = mesh().hcm({ codec_type: "AUTO" });
    const add = (name: string, port: number, options: Json, common: Json = {}): void => {
      config
        .service(name, port, {
          transport_socket: {
            name: "tls",
            typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", { common_tls_context: common }),
          },
          typed_extension_protocol_options: { [OPTIONS]: typed(OPTIONS, options) },
        })
        .route(`/${name}/`, name);
    };
    for (const [config, options] of Object.entries(CONFIGS)) {
      for (const origin of Object.keys(ports)) add(`${config}-${origin}`, ports[origin] as number, options);
    }
    add("burst2", ports["both"] as number, CONFIGS["auto"] as Json);
    add("burst1", ports["only1"] as number, CONFIGS["auto"] as Json);
    add("named", ports["both"] as number, CONFIGS["explicit2"] as Json, { alpn_protocols: ["h2", "x-other"] });
    add("forced", ports["both"] as number, CONFIGS["auto"] as Json, { alpn_protocols: ["http/1.1"] });
    gateway = await runtime.start(config);
    client = new Http2Client(gateway.port);
  });

  afterAll(async () => {
    await client?.close();
    await runtime.stopAll();
    for (const server of servers) server.close();
  });

  const ask1 = async (path: string): Promise<string> => {
    const raw = await rawConnect(gateway.port);
    await raw.send(request(path));
    const answer = await raw.response();
    raw.socket.destroy();
    return answer?.header("x-spoken") ?? String(answer?.status);
  };
  const ask2 = async (path: string): Promise<string> => {
    const answer = await client.ask({ ":path": path });
    return String(answer.headers["x-spoken"] ?? answer.status);
  };

  it.each(SPOKEN)("%s with an origin of %s", async (config, origin, client1, client2) => {
    offers[origin] = "";
    const spoken1 = await ask1(`/${config}-${origin}/`);
    expect(`${offers[origin]} > ${spoken1}`).toBe(client1);
    // A connection that serves both is not made anew.
    if (client1 !== client2 || spoken1 === "503") offers[origin] = "";
    const spoken2 = await ask2(`/${config}-${origin}/`);
    expect(`${offers[origin]} > ${spoken2}`).toBe(client2);
  });

  it("speaks HTTP/2 to an upstream without ALPN when it is said to", async () => {
    // Which that upstream, of HTTP/1.1, does not understand.
    expect(await ask2("/explicit2-none/")).toBe("502");
    expect(await gateway.stat("cluster.explicit2-none.upstream_cx_http2_total")).toBeGreaterThan(0);
  });

  it("offers what alpn_protocols names, in place of what it would", async () => {
    expect(await ask2("/named/")).toBe("2.0");
    expect(offers["both"]).toBe("h2,x-other");
    expect(await ask2("/forced/")).toBe("1.1");
    expect(offers["both"]).toBe("http/1.1");
  });

  it("lets requests wait for the choice: they share the connection of HTTP/2", async () => {
    const spoken = await Promise.all(Array.from({ length: 20 }, () => ask2("/burst2/slow")));
    expect(new Set(spoken)).toEqual(new Set(["2.0"]));
    expect(await gateway.stat("cluster.burst2.upstream_cx_total")).toBe(1);
    expect(await gateway.stat("cluster.burst2.upstream_cx_http2_total")).toBe(1);
  });

  it("opens the connections that HTTP/1.1 needs once it knows that it speaks that", async () => {
    const spoken = await Promise.all(Array.from({ length: 20 }, () => ask2("/burst1/slow")));
    expect(new Set(spoken)).toEqual(new Set(["1.1"]));
    expect(await gateway.stat("cluster.burst1.upstream_cx_http1_total")).toBeGreaterThan(10);
    expect(await gateway.stat("cluster.burst1.upstream_cx_http2_total")).toBe(0);
    expect(await gateway.stat("cluster.burst1.upstream_rq_pending_active")).toBe(0);
    await gateway.untilStat("cluster.burst1.upstream_rq_active", (value) => value === 0);
  });

  it("refuses auto_config without TLS, as Envoy does", async () => {
    const plain = { typed_extension_protocol_options: { [OPTIONS]: typed(OPTIONS, { auto_config: {} }) } };
    await expect(runtime.start(mesh().service("a", 1, plain).route("/", "a"))).rejects.toThrow(
      /plain transport_socket in cluster "a", wanted TLS|ALPN configured for cluster a which has a non-ALPN transport socket/,
    );
  });
});

async function listening(server: Http2SecureServer | HttpsServer): Promise<number> {
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
