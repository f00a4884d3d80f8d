import { beforeAll, describe, expect, it } from "vitest";
import { ensureDescriptors } from "./descriptors.fixture.ts";
import { envoyDescriptors, knownField, knownMessage } from "./descriptors.ts";

describe("Envoy's descriptors", () => {
  beforeAll(ensureDescriptors);

  it("know the messages of Envoy and of xDS", () => {
    for (const name of [
      "envoy.config.cluster.v3.Cluster",
      "xds.type.v3.TypedStruct",
      "udpa.type.v1.TypedStruct",
      "google.protobuf.Any",
    ]) {
      expect(knownMessage(name), name).toBe(true);
    }
    expect(knownMessage("envoy.config.cluster.v3.Clutter")).toBe(false);
  });

  it("know fields by both names", () => {
    expect(knownField("envoy.config.cluster.v3.Cluster", "outlier_detection")).toBe(true);
    expect(knownField("envoy.config.cluster.v3.Cluster", "outlierDetection")).toBe(true);
    expect(knownField("envoy.config.cluster.v3.Cluster", "outlier")).toBe(false);
    expect(knownField("example.Nothing", "name")).toBe(false);
  });

  it("hold the services that xDS is spoken with", () => {
    const methods = envoyDescriptors()?.getService("envoy.service.discovery.v3.AggregatedDiscoveryService")?.methods;
    expect(methods?.map(({ name, methodKind }) => `${name} ${methodKind}`)).toEqual([
      "StreamAggregatedResources bidi_streaming",
      "DeltaAggregatedResources bidi_streaming",
    ]);
  });
});
