import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_DNS_RESOLVER_OPTIONS } from "./dns-resolver.ts";
import { NodeDnsResolver } from "./node-dns-resolver.ts";

/** A DNS server that knows a few A records (RFC 1035 section 4.1), and says NXDOMAIN or SERVFAIL to the rest. */
class DnsServer {
  readonly asked: string[] = [];
  readonly #socket: Socket = createSocket("udp4");
  readonly #records: Readonly<Record<string, readonly [ip: string, ttl: number][]>>;

  constructor(records: Readonly<Record<string, readonly [ip: string, ttl: number][]>>) {
    this.#records = records;
    this.#socket.on("message", (query, { port, address }) => this.#socket.send(this.#answer(query), port, address));
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#socket.bind(0, "127.0.0.1", done));
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at] + 1) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
    const name = labels.join(".");
    const type = query.readUInt16BE(at + 1);
    this.asked.push(`${name} ${type === 1 ? "A" : "AAAA"}`);
    const records = type === 1 ? (this.#records[name] ?? []) : [];
    const rcode = name.startsWith("broken") ? 2 : name in this.#records ? 0 : 3;
    const head = Buffer.from(query.subarray(0, at + 5));
    head.writeUInt16BE(0x8180 | rcode, 2);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    const answers = records.map(([ip, ttl]) => {
      const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...ip.split(".").map(Number)]);
      record.writeUInt32BE(ttl, 6);
      return record;
    });
    return Buffer.concat([head, ...answers]);
  }

  stop(): void {
    this.#socket.close();
  }
}

describe("NodeDnsResolver", () => {
  const folder = mkdtempSync(join(tmpdir(), "isthmus-dns-"));
  const files = { hosts: join(folder, "hosts"), resolvConf: join(folder, "resolv.conf") };
  writeFileSync(files.hosts, "10.1.1.1 pinned.example\n");
  writeFileSync(files.resolvConf, "search ns.example\noptions ndots:2\n");
  let server: DnsServer | null = null;
  let resolver: NodeDnsResolver | null = null;

  afterEach(() => {
    server?.stop();
    resolver?.dispose();
  });

  async function make(options = {}): Promise<NodeDnsResolver> {
    server = new DnsServer({
      "web.example": [
        ["10.0.0.1", 30],
        ["10.0.0.2", 7],
      ],
      "short.ns.example": [["10.0.0.3", 60]],
      "pinned.example": [["10.9.9.9", 60]],
      "empty.example": [],
    });
    const servers = [await server.start()];
    return (resolver = new NodeDnsResolver(
      { ...DEFAULT_DNS_RESOLVER_OPTIONS, servers, timeout: 500, tries: 1, ...options },
      files,
    ));
  }

  it("tells all addresses with their TTLs", async () => {
    expect(await (await make()).resolve("web.example", "V4_ONLY")).toEqual([
      { ip: "10.0.0.1", ttl: 30 },
      { ip: "10.0.0.2", ttl: 7 },
    ]);
  });

  it("asks for IPv6 first by default", async () => {
    expect(await (await make()).resolve("web.example.", "AUTO")).toHaveLength(2);
    expect(server!.asked).toEqual(["web.example AAAA", "web.example A"]);
  });

  it("asks nobody about what is in the hosts file", async () => {
    expect(await (await make()).resolve("pinned.example", "AUTO")).toEqual([{ ip: "10.1.1.1", ttl: 0 }]);
    expect(await resolver!.resolve("localhost", "V4_ONLY")).toEqual([{ ip: "127.0.0.1", ttl: 0 }]);
    expect(server!.asked).toEqual([]);
  });

  it("tries the search domains for short names, unless told not to", async () => {
    expect(await (await make()).resolve("short", "V4_ONLY")).toEqual([{ ip: "10.0.0.3", ttl: 60 }]);
    server!.stop();
    expect(await (await make({ searchDomains: false })).resolve("short", "V4_ONLY")).toEqual([]);
    expect(server!.asked).toEqual(["short A"]);
  });

  it("takes a name that does not exist, or has no address, as an empty answer", async () => {
    expect(await (await make()).resolve("nowhere.example.", "V4_ONLY")).toEqual([]);
    expect(await resolver!.resolve("empty.example.", "ALL")).toEqual([]);
  });

  it("fails when the server does", async () => {
    await expect((await make()).resolve("broken.example.", "V4_ONLY")).rejects.toThrow("ESERVFAIL");
  });
});
