import { describe, expect, it } from "vitest";
import { DecodeContext } from "../resources/schema/index.ts";
import { ClusterManagerImpl } from "./cluster-manager.ts";
import type { ClusterUpdate } from "./cluster-manager.ts";
import { ClusterFixture, clusterResource } from "./testing/cluster-fixture.ts";
import { RecordingRequest } from "./testing/recording-request.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

function resource(name: string, more = "", ip = "10.0.0.1"): ReturnType<typeof clusterResource> {
  return clusterResource(
    `name: ${name}\nload_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: ${ip}, port_value: 80 } } } }] }] }\n${more}`,
  );
}

async function update(manager: ClusterManagerImpl, ...resources: ReturnType<typeof resource>[]): Promise<ClusterUpdate> {
  const result = manager.update(resources, new DecodeContext());
  if (result === undefined) throw new Error("refused");
  await result.warm();
  return result;
}

describe("ClusterManagerImpl", () => {
  it("finds clusters by name", async () => {
    const { manager } = await update(ClusterManagerImpl.empty(new ClusterFixture().environment), resource("a"), resource("b"));
    expect(manager.get("a")?.hosts).toHaveLength(1);
    expect(manager.get("c")).toBeUndefined();
    expect(manager.list().map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("keeps what did not change, makes anew what did, and drains what is gone", async () => {
    const fixture = new ClusterFixture();
    const first = await update(ClusterManagerImpl.empty(fixture.environment), resource("a"), resource("b"), resource("c"));
    first.commit();
    for (const cluster of first.manager.list()) cluster.hosts[0].newStream(new RecordingRequest(), "DEFAULT");
    for (const connection of fixture.connections) {
      connection.establish();
      connection.receive(OK);
    }
    const second = await update(
      first.manager,
      resource("a", "# a comment\nconnect_timeout: 5s"),
      resource("b", "connect_timeout: 1s"),
    );
    expect(fixture.connections.map(({ state }) => state)).toEqual(["open", "open", "open"]);
    second.commit();
    expect(fixture.connections.map(({ state }) => state)).toEqual(["open", "closed", "closed"]);
    expect(second.manager.get("a")).toBe(first.manager.get("a"));
    expect(second.manager.get("b")).not.toBe(first.manager.get("b"));
    expect(second.manager.get("c")).toBeUndefined();
    // Who runs on the old snapshot is still served.
    const late = new RecordingRequest();
    first.manager.get("c")!.hosts[0].newStream(late, "DEFAULT");
    fixture.connections[3].establish();
    fixture.connections[3].receive(OK);
    expect(late.body).toBe("hi");
    expect(fixture.connections[3].state).toBe("closed");
  });

  it("leaves all as it was when an update is abandoned or refused", async () => {
    const fixture = new ClusterFixture();
    const { manager } = await update(ClusterManagerImpl.empty(fixture.environment), resource("a"));
    const abandoned = await update(manager, resource("a", "connect_timeout: 1s"));
    abandoned.abandon();
    const context = new DecodeContext();
    expect(
      manager.update([resource("a", "dns_failure_refresh_rate: { base_interval: 2s, max_interval: 1s }")], context),
    ).toBeUndefined();
    expect(context.errors).toHaveLength(1);
    expect(manager.update([resource("a"), resource("a")], new DecodeContext())).toBeUndefined();
    manager.get("a")!.hosts[0].newStream(new RecordingRequest(), "DEFAULT");
    expect(fixture.connections).toHaveLength(1);
  });

  it("reads the protocol options of the extension", async () => {
    const context = new DecodeContext();
    const options = `typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    common_http_protocol_options: { idle_timeout: 7s, max_requests_per_connection: 9 }
    explicit_http_config: { http_protocol_options: { enable_trailers: true } }`;
    const result = ClusterManagerImpl.empty(new ClusterFixture().environment).update([resource("a", options)], context);
    const { upstream } = result!.manager.get("a")!;
    expect([upstream.idleTimeout, upstream.maxRequestsPerConnection, upstream.trailers]).toEqual([7000, 9, true]);
    const both = `${options}\ncommon_http_protocol_options: { idle_timeout: 8s }`;
    expect(ClusterManagerImpl.empty(new ClusterFixture().environment).update([resource("a", both)], context)).toBeUndefined();
    expect(context.errors[0].message).toContain("deprecated fields");
  });
});
