import { describe, expect, it } from "vitest";
import { RouteConfiguration } from "../../../core/resources/route.ts";
import { decodeText, DecodeContext, decode, nodesOf, type Node } from "../../../core/resources/schema/index.ts";
import { MapNode, ListNode } from "../../../core/resources/document/node.ts";
import type { RouteTableOptions } from "./build-context.ts";
import { KeptHosts } from "./kept-hosts.ts";
import { compileRouteTable, type CompiledRouteTable } from "./route-table.ts";
import { noRuntime } from "./routing-fixture.ts";

/** Virtual hosts as nodes of their own, as they are when only some of them are read anew. */
const hostNode = (name: string, cluster = "a", more: object = {}): Node =>
  nodesOf({ name, domains: [name], routes: [{ match: { prefix: "/" }, route: { cluster }, ...more }] }, { file: `${name}.yaml` });

function table(hosts: readonly Node[], options: Partial<RouteTableOptions> = {}, settings: object = {}): CompiledRouteTable {
  const rest = nodesOf(settings, { file: "routes" }) as MapNode;
  const list = new ListNode(-1, hosts);
  const node = new MapNode(-1, [...rest.keys, "virtual_hosts"], [...rest.keyOffsets, -1], [...rest.values, list]);
  const context = new DecodeContext();
  const config = decode(RouteConfiguration, node, context);
  if (config === undefined) throw new Error(JSON.stringify(context.errors));
  const { table: made, errors } = compileRouteTable(config, { runtime: noRuntime, ...options });
  if (made === undefined) throw new Error(errors.map(({ message }) => message).join());
  return made;
}

describe("virtual hosts that did not change", () => {
  it("are the same objects in the next table, the others are not", () => {
    const kept = new KeptHosts();
    const [a, b] = [hostNode("a"), hostNode("b")];
    const before = table([a, b], { kept });
    const after = table([hostNode("c"), a, hostNode("b")], { kept });
    expect(after.virtualHosts.map(({ name }) => name)).toEqual(["c", "a", "b"]);
    expect(after.virtualHosts[1]).toBe(before.virtualHosts[0]);
    expect(after.virtualHosts[2]).not.toBe(before.virtualHosts[1]);
  });

  it.each([
    ["headers of the route configuration", { response_headers_to_add: [{ header: { key: "x", value: "1" } }] }],
    ["its mirrors", { request_mirror_policies: [{ cluster: "m" }] }],
    ["its limits", { max_direct_response_body_size_bytes: 10 }],
    ["its order of mutations", { most_specific_header_mutations_wins: true }],
    ["its filters' configuration", { typed_per_filter_config: { f: { "@type": "type.googleapis.com/x.Y" } } }],
  ])("are compiled again after a change of %s", (_what, settings) => {
    const kept = new KeptHosts();
    const hosts = [hostNode("a")];
    const before = table(hosts, { kept });
    expect(table(hosts, { kept }, settings).virtualHosts[0]).not.toBe(before.virtualHosts[0]);
    expect(table(hosts, { kept }, { name: "another" }).virtualHosts[0], "a name changes nothing").toBe(before.virtualHosts[0]);
  });

  it("are compiled again for another runtime", () => {
    const kept = new KeptHosts();
    const hosts = [hostNode("a")];
    const before = table(hosts, { kept });
    expect(table(hosts, { kept, runtime: { ...noRuntime } }).virtualHosts[0]).not.toBe(before.virtualHosts[0]);
  });

  it("still need their clusters", () => {
    const kept = new KeptHosts();
    const hosts = [hostNode("a", "gone")];
    table(hosts, { kept, clusterExists: () => true });
    expect(() => table(hosts, { kept, clusterExists: () => false })).toThrow('there is no cluster "gone"');
  });

  it("may not share a domain with a new one", () => {
    const kept = new KeptHosts();
    const a = hostNode("a");
    table([a], { kept });
    expect(() => table([a, hostNode("a")], { kept })).toThrow('domain "a" is there twice');
  });

  it("with configuration of filters are kept when that serves in another chain of the same layout", () => {
    const kept = new KeptHosts();
    const configured = hostNode("a", "a", { typed_per_filter_config: { f: { "@type": "type.googleapis.com/x.Y" } } });
    const options = (key: string, portable: boolean): Partial<RouteTableOptions> => ({
      kept,
      perRouteConfig: () => [undefined, {}],
      layout: { key, isPortable: () => portable },
    });
    const before = table([configured], options("l", true)).virtualHosts[0];
    expect(table([configured], options("l", true)).virtualHosts[0]).toBe(before);
    expect(table([configured], options("other", true)).virtualHosts[0]).not.toBe(before);
    const bound = hostNode("b", "a", { typed_per_filter_config: { f: { "@type": "type.googleapis.com/x.Y" } } });
    const first = table([bound], options("l", false)).virtualHosts[0];
    expect(table([bound], options("l", false)).virtualHosts[0]).not.toBe(first);
  });

  it("that had mistakes are not kept", () => {
    const kept = new KeptHosts();
    const wrong = nodesOf(
      { name: "a", domains: ["a"], routes: [{ match: { safe_regex: { regex: "(" } }, route: { cluster: "a" } }] },
      { file: "a.yaml" },
    );
    expect(() => table([wrong], { kept })).toThrow();
    expect(() => table([wrong], { kept })).toThrow();
  });
});

describe("reading", () => {
  it("a virtual host's node twice gives the same object, unless there was something to say", () => {
    const node = hostNode("a");
    const read = (): unknown =>
      decode(RouteConfiguration, new MapNode(-1, ["virtual_hosts"], [-1], [node]), new DecodeContext())?.virtualHosts[0];
    expect(read()).toBe(read());
    const { errors } = decodeText(RouteConfiguration, "virtual_hosts: [{ name: a, domains: [a], nonsense: 1 }]", { file: "f" });
    expect(errors).toHaveLength(1);
  });
});
