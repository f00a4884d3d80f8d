import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer as createPlainServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createServer, type Server } from "node:tls";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { makeAuthority, makeCertificate, makeRevocations, type TestCertificate } from "../lib/certificates.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { startOrigin, type Origin } from "../lib/origin.ts";
import { until } from "../lib/process.ts";
import { rawConnect } from "../lib/raw.ts";
import { tlsRequest } from "../lib/tls-client.ts";

const TLS = "envoy.extensions.transport_sockets.tls.v3";

const INSPECTOR: Json = {
  name: "tls_inspector",
  typed_config: typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
};

function downstream(common: Json, more: Json = {}): Json {
  return { name: "tls", typed_config: typed(`${TLS}.DownstreamTlsContext`, { common_tls_context: common, ...more }) };
}

function upstream(common: Json, more: Json = {}): Json {
  return { name: "tls", typed_config: typed(`${TLS}.UpstreamTlsContext`, { common_tls_context: common, ...more }) };
}

function inline(certificate: TestCertificate): Json {
  return { certificate_chain: { inline_string: certificate.cert }, private_key: { inline_string: certificate.key } };
}

/** The listeners' chains have this socket. */
function secured(socket: Json): (chain: Json) => Json {
  return (chain) => ({ ...chain, transport_socket: socket });
}

/** Sends bytes to a TLS port and tells what comes before the end. */
function plainBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () => void socket.write(bytes, "latin1"));
    socket.on("data", (chunk) => (got += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => resolve(got));
  });
}

describeRuntimes("TLS", (runtime) => {
  let authority: TestCertificate;
  let stranger: TestCertificate;
  let server: TestCertificate;
  let wild: TestCertificate;
  let rsa: TestCertificate;
  let good: TestCertificate;
  let clients: Record<string, TestCertificate>;
  let revocations: string;
  let origin: Origin;
  const folder = mkdtempSync(join(tmpdir(), "isthmus-tls-"));
  const gateways: Gateway[] = [];

  const start = async (config: ReturnType<typeof mesh>): Promise<Gateway> => {
    const gateway = await runtime.start(config);
    gateways.push(gateway);
    return gateway;
  };

  beforeAll(async () => {
    authority = await makeAuthority();
    stranger = await makeAuthority("CN=Stranger");
    server = await makeCertificate({ subject: "CN=server", issuer: authority, dns: ["a.example"], uris: ["spiffe://td/gw"] });
    rsa = await makeCertificate({ subject: "CN=rsa", issuer: authority, key: "RSA", dns: ["rsa.example"] });
    wild = await makeCertificate({ subject: "CN=wild", issuer: authority, dns: ["*.b.example", "b.example"] });
    const uris = ["spiffe://td/ns/a/sa/b"];
    const client = (more: object): Promise<TestCertificate> =>
      makeCertificate({ subject: "CN=client,OU=unit,O=Org", issuer: authority, uris, dns: ["c.example"], ...more });
    good = await client({});
    clients = {
      expired: await client({ from: -30, until: -1 }),
      "not yet valid": await client({ from: 1, until: 2 }),
      "of another name": await client({ uris: ["spiffe://other"], dns: [] }),
      "of another CA": await client({ issuer: stranger }),
      revoked: await client({}),
      "its own issuer": await makeCertificate({ subject: "CN=self", uris }),
    };
    revocations = await makeRevocations(authority, [clients["revoked"]]);
    origin = await startOrigin();
  }, 60_000);

  afterAll(async () => {
    for (const gateway of gateways) await gateway.stop();
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const mutual = (): Json => ({
    tls_certificates: [inline(server)],
    validation_context: {
      trusted_ca: { inline_string: authority.cert },
      crl: { inline_string: revocations },
      match_typed_subject_alt_names: [{ san_type: "URI", matcher: { prefix: "spiffe://td/ns/" } }],
    },
  });

  it("lets the client in whose certificate is good, and names it; refuses, counts and drops all others", async () => {
    const log = join(folder, `${runtime.subject}-mutual.log`);
    const gateway = await start(
      mesh()
        .service("web", origin.port)
        .route("/", "web")
        .hcm({
          forward_client_cert_details: "SANITIZE_SET",
          set_current_client_cert_details: { subject: true, uri: true, dns: true },
        })
        .accessLog(
          log,
          "%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_FINGERPRINT_256% %DOWNSTREAM_LOCAL_SUBJECT%\n",
        )
        .chain(secured(downstream(mutual(), { require_client_certificate: true }))),
    );
    const answer = await tlsRequest(gateway.port, { certificate: good, headers: "x-forwarded-client-cert: fake\r\n" });
    expect(answer.response).toMatch(/^HTTP\/1.1 200/);
    const seen = origin.requests.at(-1)?.headers ?? [];
    const subject = "O=Org,OU=unit,CN=client";
    expect(seen.filter(([name]) => name === "x-forwarded-client-cert").map(([, value]) => value)).toEqual([
      `By=spiffe://td/gw;Hash=${good.sha256};Subject="${subject}";URI=spiffe://td/ns/a/sa/b;DNS=c.example`,
    ]);
    expect(seen.find(([name]) => name === "x-forwarded-proto")?.[1]).toBe("https");
    await until(() => readFileSync(log, "utf8").includes("TLSv1.3"), "the access log");
    expect(readFileSync(log, "utf8")).toBe(`TLSv1.3 ${subject} ${good.sha256} CN=server\n`);
    const scope = `listener.127.0.0.1_${gateway.port}.ssl`;
    const before = await gateway.stats();
    for (const [what, certificate] of Object.entries(clients)) {
      const refused = await tlsRequest(gateway.port, { certificate });
      expect(`${what}: ${refused.response}`).toBe(`${what}: `);
    }
    const none = await tlsRequest(gateway.port);
    expect(none.response).toBe("");
    await gateway.untilStat(`${scope}.fail_verify_no_cert`, (value) => value === 1);
    await gateway.untilStat(`${scope}.fail_verify_error`, (value) => value === 5);
    await gateway.untilStat(`${scope}.fail_verify_san`, (value) => value === 1);
    const after = await gateway.stats();
    expect(after.get(`${scope}.handshake`)).toBe(before.get(`${scope}.handshake`));
    expect(after.get("http.main.downstream_rq_total")).toBe(1);
    expect(after.get("listener." + `127.0.0.1_${gateway.port}.downstream_cx_active`)).toBe(0);
  });

  it("chooses certificates by name: exact, then wildcard of one label, then the first", async () => {
    const common = { tls_certificates: [inline(rsa), inline(server), inline(wild)] };
    const gateway = await start(
      mesh()
        .service("web", origin.port)
        .route("/", "web")
        .chain(secured(downstream(common))),
    );
    const shown = async (servername: string): Promise<string> => (await tlsRequest(gateway.port, { servername })).server;
    expect(await shown("rsa.example")).toBe("rsa");
    expect(await shown("a.example")).toBe("server");
    expect(await shown("A.EXAMPLE")).toBe("server");
    expect(await shown("b.example")).toBe("wild");
    expect(await shown("x.b.example")).toBe("wild");
    expect(await shown("y.x.b.example")).toBe("rsa");
    expect(await shown("other.example")).toBe("rsa");
  });

  it("ends what is not TLS, and counts it; TLS on a plain port as well", async () => {
    const gateway = await start(
      mesh()
        .service("web", origin.port)
        .route("/", "web")
        .chain(secured(downstream({ tls_certificates: [inline(server)] })))
        .listener("plain")
        .route("/", "web"),
    );
    const errors = `listener.127.0.0.1_${gateway.port}.ssl.connection_error`;
    expect(await plainBytes(gateway.port, "GET / HTTP/1.1\r\nhost: a\r\n\r\n")).not.toContain("HTTP");
    await gateway.untilStat(errors, (value) => value === 1);
    await plainBytes(gateway.port, "\x16\x03\x01\xff\xff" + "\xff".repeat(70_000));
    await gateway.untilStat(errors, (value) => value === 2);
    await plainBytes(gateway.port, "\0".repeat(100));
    await gateway.untilStat(errors, (value) => value === 3);
    expect((await tlsRequest(gateway.ports["plain"])).error).not.toBe("");
    expect((await tlsRequest(gateway.port)).response).toMatch(/^HTTP\/1.1 200/);
  });

  it("speaks TLS 1.2 and 1.3 and nothing older, and what ALPN agrees on", async () => {
    const common = { tls_certificates: [inline(server)], alpn_protocols: ["http/1.1"] };
    const gateway = await start(
      mesh()
        .service("web", origin.port)
        .route("/", "web")
        .chain(secured(downstream(common))),
    );
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const answer = await tlsRequest(gateway.port, {
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ["h2", "http/1.1"],
      });
      expect([answer.protocol, answer.alpn, answer.response.slice(0, 12)]).toEqual([version, "http/1.1", "HTTP/1.1 200"]);
    }
    const old = await tlsRequest(gateway.port, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" });
    expect([old.protocol, old.response]).toEqual(["", ""]);
    expect((await tlsRequest(gateway.port)).alpn).toBe("");
  });

  // Deno's servers give no sessions that can be gone on with.
  it.skipIf(runtime.subject === "deno")("resumes sessions, also after a reload", async () => {
    const config = mesh()
      .service("web", origin.port)
      .route("/", "web")
      .chain(secured(downstream({ tls_certificates: [inline(server)] })));
    const gateway = await runtime.start(config, { args: ["--watch"] });
    gateways.push(gateway);
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const versions = { minVersion: version, maxVersion: version };
      const first = await tlsRequest(gateway.port, versions);
      expect([first.reused, first.session !== undefined]).toEqual([false, true]);
      const second = await tlsRequest(gateway.port, { ...versions, session: first.session });
      expect([second.reused, second.response.slice(0, 12)]).toEqual([true, "HTTP/1.1 200"]);
    }
    const kept = (await tlsRequest(gateway.port)).session;
    gateway.write(config.route("/more", "web"));
    await until(() => gateway.log.includes("configuration 2 is live"), "the reload");
    expect((await tlsRequest(gateway.port, { session: kept })).reused).toBe(true);
    expect(await gateway.stat(`listener.127.0.0.1_${gateway.port}.ssl.session_reused`)).toBe(3);
  });

  it("uses a certificate that changed, loses no request for it, and keeps the old one when the new one is broken", async () => {
    const certs = join(folder, `${runtime.subject}-certs`);
    mkdirSync(certs);
    const write = (certificate: string, key: string): void => {
      for (const [name, text] of [
        ["tls.crt", certificate],
        ["tls.key", key],
      ]) {
        writeFileSync(join(certs, `${name}.next`), text);
        renameSync(join(certs, `${name}.next`), join(certs, name));
      }
    };
    write(server.cert, server.key);
    const files = { certificate_chain: { filename: join(certs, "tls.crt") }, private_key: { filename: join(certs, "tls.key") } };
    const gateway = await start(
      mesh()
        .service("web", origin.port)
        .route("/", "web")
        .chain(secured(downstream({ tls_certificates: [files] }))),
    );
    const scope = `listener.127.0.0.1_${gateway.port}.ssl`;
    let failures = 0;
    let requests = 0;
    let running = true;
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (running) {
          const answer = await tlsRequest(gateway.port);
          requests++;
          if (!answer.response.startsWith("HTTP/1.1 200")) failures++;
        }
      }),
    );
    write(wild.cert, wild.key);
    await gateway.untilStat(`${scope}.update_success`, (value) => value === 1);
    expect((await tlsRequest(gateway.port)).server).toBe("wild");
    write(server.cert, wild.key);
    await gateway.untilStat(`${scope}.update_rejected`, (value) => value >= 1);
    expect((await tlsRequest(gateway.port)).server).toBe("wild");
    expect(gateway.log).toContain("does not belong to the certificate");
    write("nonsense", "nonsense");
    await until(() => gateway.log.includes("found no PEM certificate"), "the second complaint");
    expect((await tlsRequest(gateway.port)).server).toBe("wild");
    running = false;
    await load;
    expect(requests).toBeGreaterThan(0);
    expect(failures).toBe(0);
    const { text } = await gateway.ask("/certs");
    expect(text).toContain(`"path": "${join(certs, "tls.crt")}"`);
    expect(text).toContain('"dns": "*.b.example"');
  });

  // A hello's head with half of it, of which the rest never comes; and one who says nothing at all.
  const HALF_HELLO = Buffer.concat([Buffer.from("1603010200010001fc0303", "hex"), Buffer.alloc(250)]);
  const SLOW: [string, Json, string][] = [
    ["transport_socket_connect_timeout", {}, "downstream_cx_transport_socket_connect_timeout"],
    ["listener_filters_timeout", { listener_filters_timeout: "12s", listener_filters: [INSPECTOR] }, "downstream_pre_cx_timeout"],
  ];
  const HALF_OPEN = 2_000;
  // Deno takes more than a millisecond to accept each of a burst.
  it.skipIf(runtime.subject === "deno").each(SLOW)(
    `serves others while ${HALF_OPEN} stop in the middle of their hello, and gives those up after %s`,
    async (_name, listener, counter) => {
      const socket = downstream({ tls_certificates: [inline(server)] });
      const gateway = await start(
        mesh()
          .service("web", origin.port)
          .route("/", "web")
          .listenerFields(listener)
          .chain((chain) => ({ ...chain, transport_socket: socket, transport_socket_connect_timeout: "12s" })),
      );
      const stats = `listener.127.0.0.1_${gateway.port}`;
      for (let i = 0; i < 100; i++) await tlsRequest(gateway.port);
      await gateway.untilStat(`${stats}.downstream_cx_active`, (value) => value === 0);
      const before = gateway.memory;
      const closed = Promise.all(
        Array.from({ length: HALF_OPEN }, async (_, i) => {
          const open = connect(gateway.port, "127.0.0.1", () => void (i % 2 === 0 && open.write(HALF_HELLO)));
          open.on("error", () => {}).resume();
          await new Promise((resolve) => open.once("close", resolve));
        }),
      );
      const gauge = counter === "downstream_pre_cx_timeout" ? "downstream_pre_cx_active" : "downstream_cx_active";
      await gateway.untilStat(`${stats}.${gauge}`, (value) => value === HALF_OPEN, 12_000);
      expect((gateway.memory - before) / HALF_OPEN).toBeLessThan(40 * 1024);
      const times: number[] = [];
      for (let i = 0; i < 10; i++) {
        const began = performance.now();
        expect((await tlsRequest(gateway.port)).response).toMatch(/^HTTP\/1.1 200/);
        times.push(performance.now() - began);
      }
      expect(times.sort((x, y) => x - y)[5]).toBeLessThan(250);
      await closed;
      await gateway.untilStat(`${stats}.${gauge}`, (value) => value === 0, 15_000);
      expect(await gateway.stat(`${stats}.${counter}`)).toBe(HALF_OPEN);
    },
    60_000,
  );

  it("refuses to renegotiate", async () => {
    const gateway = await start(
      mesh()
        .service("web", origin.port)
        .route("/", "web")
        .chain(secured(downstream({ tls_certificates: [inline(server)] }))),
    );
    const client = connectTls({ port: gateway.port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
    await new Promise((resolve) => client.once("secureConnect", resolve));
    const failed = await new Promise<boolean>((resolve) => {
      client.on("error", () => resolve(true)).on("close", () => resolve(true));
      client.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error !== null));
    });
    client.destroy();
    expect(failed).toBe(true);
    expect((await tlsRequest(gateway.port)).response).toMatch(/^HTTP\/1.1 200/);
  });

  it("speaks TLS to upstreams and looks at their certificates", async () => {
    const servers: Server[] = [];
    const serve = async (certificate: TestCertificate, more: object = {}): Promise<{ port: number; names: string[] }> => {
      const names: string[] = [];
      const tls = createServer({ cert: certificate.cert, key: certificate.key, ...more }, (socket) => {
        names.push((socket as unknown as { servername: string | false }).servername || "");
        socket.on("error", () => {});
        const { CN = "" } = (socket.getPeerCertificate().subject ?? {}) as { CN?: string };
        socket.on("data", () => void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${CN.length}\r\n\r\n${CN}`));
      });
      tls.on("tlsClientError", () => {});
      servers.push(tls);
      await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
      return { port: (tls.address() as AddressInfo).port, names };
    };
    const wanted = await serve(server);
    const mutualServer = await serve(server, { requestCert: true, ca: authority.cert, rejectUnauthorized: true });
    const plain = createPlainServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"));
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const trusted = { trusted_ca: { inline_string: authority.cert } };
    const named = (name: string): Json => ({
      validation_context: { ...trusted, match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: name } }] },
    });
    const options = {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
        explicit_http_config: { http_protocol_options: {} },
        upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true },
      }),
    };
    const clusters: Record<string, { port: number; socket: Json; more?: Json }> = {
      good: { port: wanted.port, socket: upstream(named("a.example"), { sni: "a.example" }) },
      blind: { port: wanted.port, socket: upstream({}) },
      stranger: { port: wanted.port, socket: upstream({ validation_context: { trusted_ca: { inline_string: stranger.cert } } }) },
      misnamed: { port: wanted.port, socket: upstream(named("other.example")) },
      plain: { port: (plain.address() as AddressInfo).port, socket: upstream({}) },
      mutual: { port: mutualServer.port, socket: upstream({ ...named("a.example"), tls_certificates: [inline(good)] }) },
      auto: {
        port: wanted.port,
        socket: upstream({ validation_context: trusted }),
        more: { typed_extension_protocol_options: options },
      },
      refused: { port: 1, socket: upstream({}) },
    };
    const log = join(folder, `${runtime.subject}-upstream.log`);
    const config = mesh().accessLog(log, "%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON%\n");
    for (const [name, { port, socket, more }] of Object.entries(clusters)) {
      config.service(name, port, { transport_socket: socket, ...more }).route(`/${name}`, name);
    }
    const gateway = await start(config);
    const ask = async (name: string, headers = ""): Promise<string> => {
      const raw = await rawConnect(gateway.port);
      await raw.send(`GET /${name} HTTP/1.1\r\nhost: a.example\r\n${headers}connection: close\r\n\r\n`);
      const answer = await raw.response();
      raw.socket.destroy();
      return `${answer?.status} ${answer?.text()}`;
    };
    try {
      expect(await ask("good")).toBe("200 ");
      expect(wanted.names.at(-1)).toBe("a.example");
      expect(await ask("blind")).toBe("200 ");
      expect(await ask("mutual")).toBe("200 client");
      expect(await ask("auto")).toBe("200 ");
      expect(wanted.names.at(-1)).toBe("a.example");
      for (const name of ["stranger", "misnamed", "plain"]) {
        expect(await ask(name)).toBe(
          "503 upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
        );
      }
      await ask("refused");
      await until(() => readFileSync(log, "utf8").includes("/refused"), "the access log");
      const lines = readFileSync(log, "utf8").trim().split("\n");
      const failed = "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_";
      expect(lines.slice(4)).toEqual([
        `/stranger 503 UF ${failed}X509_verify_cert:_certificate_verification_error_at_depth_0:_unable_to_get_local_issuer_certificate:TLS_error_end`,
        `/misnamed 503 UF ${failed}SAN_matcher,_certificate_SANs_are_[a.example,_spiffe://td/gw]:TLS_error_end`,
        expect.stringMatching(/^\/plain 503 UF TLS_error:\|/),
        "/refused 503 UF delayed_connect_error:_Connection_refused",
      ]);
      const stats = await gateway.stats();
      expect(stats.get("cluster.good.ssl.handshake")).toBe(1);
      expect(stats.get("cluster.good.ssl.versions.TLSv1.2")).toBe(1);
      expect(stats.get("cluster.stranger.ssl.fail_verify_error")).toBe(1);
      expect(stats.get("cluster.misnamed.ssl.fail_verify_san")).toBe(1);
      expect(stats.get("cluster.plain.ssl.connection_error")).toBe(1);
      expect(stats.get("cluster.plain.upstream_cx_connect_fail")).toBe(1);
    } finally {
      for (const each of [...servers, plain]) each.close();
    }
  });
});
