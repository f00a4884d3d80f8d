import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mesh, typed } from "../lib/bootstrap.ts";
import type { Json } from "../lib/bootstrap.ts";
import { describeRuntimes } from "../lib/describe.ts";
import type { Gateway } from "../lib/gateway.ts";
import { listenerFilter } from "../lib/tcp.ts";

/** A chain that says its name to whoever it is chosen for. */
function named(name: string, match: Json = {}): Json {
  const config = typed("envoy.extensions.filters.network.direct_response.v3.Config", {
    response: { inline_string: `${name}\n` },
  });
  return { name, filter_chain_match: match, filters: [{ name: "direct", typed_config: config }] };
}

const range = (address: string, length: number): Json => ({ address_prefix: address, prefix_len: length });

/** What a client of a case sends; then it reads. */
interface Sends {
  /** A ClientHello with this name ("": none) and these protocols. */
  sni?: string;
  alpn?: string[];
  /** Bytes as they are. */
  raw?: string;
  /** A PROXY header (version 1) before the rest: source and destination address and port. */
  proxy?: readonly [string, string, number, number];
}

interface Listener {
  name: string;
  filters: Json[];
  chains: Json[];
  fallback?: boolean;
  cases: readonly (readonly [what: string, sends: Sends, chain: string])[];
}

const INSPECT_TLS = listenerFilter("tls_inspector", "TlsInspector");
const INSPECT_HTTP = listenerFilter("http_inspector", "HttpInspector");
const PROXY = listenerFilter("proxy_protocol", "ProxyProtocol", { allow_requests_without_proxy_protocol: true });

/** One listener a criterion. "" = the connection is closed. The same rows hold for Envoy: SUBJECT=envoy runs them against it. */
const LISTENERS: readonly Listener[] = [
  {
    name: "names",
    filters: [INSPECT_TLS],
    chains: [
      named("exact", { server_names: ["a.example.com"] }),
      named("deep", { server_names: ["*.b.example.com"] }),
      named("wide", { server_names: ["*.example.com"] }),
      named("other", { server_names: ["x.org", "*.y.org"] }),
      named("tls", { transport_protocol: "tls" }),
      named("raw", { transport_protocol: "raw_buffer" }),
    ],
    cases: [
      ["an exact name", { sni: "a.example.com" }, "exact"],
      ["a name in capitals", { sni: "A.Example.COM" }, "exact"],
      ["the longest wildcard", { sni: "c.b.example.com" }, "deep"],
      ["a wildcard over several labels", { sni: "d.c.b.example.com" }, "deep"],
      ["a shorter wildcard", { sni: "b.example.com" }, "wide"],
      ["the name that a wildcard stands below", { sni: "example.com" }, "tls"],
      ["the second name of a list", { sni: "z.y.org" }, "other"],
      ["another name", { sni: "else.net" }, "tls"],
      ["TLS without a name", { sni: "" }, "tls"],
      ["no TLS", { raw: "hello\n" }, "raw"],
      ["the beginning of a record of no handshake", { raw: "\u0017\u0003\u0003\0\u0001x" }, "raw"],
    ],
  },
  {
    name: "protocols",
    filters: [INSPECT_TLS, INSPECT_HTTP],
    chains: [
      named("h2", { application_protocols: ["h2"] }),
      named("h1", { application_protocols: ["http/1.1"] }),
      named("h10", { application_protocols: ["http/1.0"] }),
      named("h2c", { application_protocols: ["h2c"] }),
      named("tls-h2", { transport_protocol: "tls", application_protocols: ["h2"] }),
      named("rest"),
    ],
    cases: [
      ["h2 by ALPN, where the transport is asked for too", { sni: "a", alpn: ["h2"] }, "tls-h2"],
      ["http/1.1 by ALPN: the chains of the transport shadow it", { sni: "a", alpn: ["http/1.1"] }, ""],
      ["HTTP/1.1 in plain text", { raw: "GET / HTTP/1.1\r\n\r\n" }, "h1"],
      ["HTTP/1.0 in plain text", { raw: "GET / HTTP/1.0\r\n\r\n" }, "h10"],
      ["HTTP/2 in plain text", { raw: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" }, "h2c"],
      ["something else", { raw: "\u0001\u0002\u0003\r\n" }, "rest"],
    ],
  },
  {
    name: "sources",
    filters: [PROXY],
    chains: [
      named("ten", { source_prefix_ranges: [range("10.0.0.0", 8)] }),
      named("ten-one", { source_prefix_ranges: [range("10.1.0.0", 16)] }),
      named("port", { source_prefix_ranges: [range("10.1.0.0", 16)], source_ports: [4000] }),
      named("six", { source_prefix_ranges: [range("2001:db8::", 32)] }),
      named("external", { source_type: "EXTERNAL" }),
      named("local", { source_type: "SAME_IP_OR_LOOPBACK" }),
    ],
    cases: [
      ["no header: the loopback", { raw: "hello\n" }, "local"],
      ["another network", { proxy: ["192.0.2.1", "192.0.2.2", 1, 2] }, "external"],
      ["the same address at both ends", { proxy: ["192.0.2.2", "192.0.2.2", 1, 2] }, "local"],
    ],
  },
  {
    name: "ranges",
    filters: [PROXY],
    chains: [
      named("ten", { source_prefix_ranges: [range("10.0.0.0", 8)] }),
      named("ten-one", { source_prefix_ranges: [range("10.1.0.0", 16)] }),
      named("port", { source_prefix_ranges: [range("10.1.0.0", 16)], source_ports: [4000] }),
      named("six", { source_prefix_ranges: [range("2001:db8::", 32)] }),
    ],
    fallback: true,
    cases: [
      ["a range", { proxy: ["10.9.0.1", "192.0.2.2", 1, 2] }, "ten"],
      ["the longest range", { proxy: ["10.1.0.1", "192.0.2.2", 1, 2] }, "ten-one"],
      ["a port within it", { proxy: ["10.1.0.1", "192.0.2.2", 4000, 2] }, "port"],
      ["a range of IPv6", { proxy: ["2001:db8::7", "2001:db8::8", 1, 2] }, "six"],
      ["none of them: the default chain", { proxy: ["192.0.2.1", "192.0.2.2", 1, 2] }, "default"],
    ],
  },
  {
    name: "destinations",
    filters: [PROXY],
    chains: [
      named("port", { destination_port: 8443 }),
      named("range", { prefix_ranges: [range("192.0.2.0", 24)] }),
      named("host", { prefix_ranges: [range("192.0.2.7", 32)] }),
      named("direct", { prefix_ranges: [range("192.0.2.7", 32)], direct_source_prefix_ranges: [range("127.0.0.0", 8)] }),
    ],
    cases: [
      ["a port before any address", { proxy: ["10.0.0.1", "192.0.2.7", 1, 8443] }, "port"],
      ["a range", { proxy: ["10.0.0.1", "192.0.2.9", 1, 80] }, "range"],
      ["the longest range, then the direct peer", { proxy: ["10.0.0.1", "192.0.2.7", 1, 80] }, "direct"],
      ["none: closed", { proxy: ["10.0.0.1", "198.51.100.1", 1, 80] }, ""],
    ],
  },
];

describeRuntimes("the filter chain of a connection", (runtime) => {
  let gateway: Gateway;

  beforeAll(async () => {
    const config = mesh();
    LISTENERS.forEach(({ name, filters, chains, fallback }, i) => {
      const fields = {
        listener_filters: filters,
        filter_chains: chains,
        ...(fallback === true ? { default_filter_chain: named("default") } : {}),
      };
      if (i === 0) config.listenerFields(fields);
      else config.listener(name, fields);
    });
    gateway = await runtime.start(config);
  });
  afterAll(() => runtime.stopAll());

  describe.each(LISTENERS)("by $name", ({ name, cases }) => {
    it.each(cases)("%s", async (_, sends, chain) => {
      const socket = net.connect(gateway.ports[name === LISTENERS[0].name ? "main" : name], "127.0.0.1");
      let text = "";
      socket.on("data", (data: Buffer) => (text += data.toString("latin1"))).on("error", () => undefined);
      // A connection that is closed with bytes unread is reset.
      const closed = new Promise((resolve) => socket.on("close", resolve));
      socket.write(await bytesOf(sends));
      await closed;
      expect(text).toBe(chain === "" ? "" : `${chain}\n`);
    });
  });
});

async function bytesOf({ sni, alpn = [], raw = "", proxy }: Sends): Promise<Buffer> {
  const family = proxy?.[0].includes(":") === true ? "TCP6" : "TCP4";
  const header = proxy === undefined ? "" : `PROXY ${family} ${proxy[0]} ${proxy[1]} ${proxy[2]} ${proxy[3]}\r\n`;
  const rest = sni === undefined ? Buffer.from(raw, "latin1") : await clientHello(sni, alpn);
  return Buffer.concat([Buffer.from(header, "latin1"), rest]);
}

/** What OpenSSL sends first. */
async function clientHello(servername: string, ALPNProtocols: string[]): Promise<Buffer> {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const client = tls.connect({ port, host: "127.0.0.1", servername, ALPNProtocols }).on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [net.Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}
