import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import { Bootstrap } from "./bootstrap.ts";
import { ensureDescriptors } from "./descriptors.fixture.ts";
import { envoyDescriptors } from "./descriptors.ts";
import { builtInExtensions } from "./extensions.ts";
import type { MessageSchema, Schema } from "./schema/index.ts";

type AnySchema = Schema<unknown, unknown>;

/**
 * Fields and messages that Envoy has and the descriptors, which lag it, do not: envoyproxy/data-plane-api of January 2026. Whatever is
 * added to a schema beyond the descriptors must be named here.
 */
const NEWER: Readonly<Record<string, readonly string[]>> = {
  "envoy.config.bootstrap.v3.Admin": ["allow_paths"],
  "envoy.config.bootstrap.v3.Bootstrap": ["stats_eviction_interval"],
  "envoy.config.cluster.v3.Cluster": ["transport_socket_matcher", "dns_jitter"],
  "envoy.config.common.mutation_rules.v3.HeaderMutation": ["remove_on_match"],
  "envoy.config.core.v3.HttpProtocolOptions": ["max_response_headers_kb"],
  "envoy.config.core.v3.Http1ProtocolOptions": ["ignore_http_11_upgrade"],
  "envoy.config.core.v3.KeyValueAppend": ["record"],
  "envoy.config.core.v3.SocketAddress": ["network_namespace_filepath"],
  "envoy.config.listener.v3.AdditionalAddress": ["tcp_keepalive"],
  "envoy.config.listener.v3.Listener": ["fcds_config", "tcp_keepalive"],
  "envoy.config.core.v3.ProxyProtocolConfig": ["added_tlvs"],
  "envoy.config.metrics.v3.HistogramBucketSettings": ["bins"],
  "envoy.config.route.v3.DirectResponseAction": ["body_format"],
  "envoy.config.route.v3.Route": ["request_body_buffer_limit"],
  "envoy.config.route.v3.RouteAction": ["path_rewrite", "host_rewrite", "flush_timeout"],
  "envoy.config.route.v3.RouteAction.RequestMirrorPolicy": ["request_headers_mutations", "host_rewrite_literal"],
  "envoy.config.route.v3.RouteConfiguration": ["vhost_header"],
  "envoy.config.route.v3.RouteMatch": ["cookies", "filter_state"],
  "envoy.config.route.v3.VirtualHost": ["request_body_buffer_limit"],
  "envoy.config.route.v3.WeightedCluster": ["use_hash_policy"],
  "envoy.extensions.filters.http.header_mutation.v3.Mutations": [
    "query_parameter_mutations",
    "response_trailers_mutations",
    "request_trailers_mutations",
  ],
  "envoy.extensions.filters.http.router.v3.Router": ["reject_connect_request_early_data"],
  "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol": ["tlv_location"],
  "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector": [
    "enable_ja4_fingerprinting",
    "max_client_hello_size",
    "close_connection_on_client_hello_parsing_errors",
  ],
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": [
    "backoff_options",
    "proxy_protocol_tlvs",
    "proxy_protocol_tlv_merge_policy",
    "upstream_connect_mode",
    "max_early_data_bytes",
    "check_drain_close",
  ],
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager": [
    "http1_safe_max_connection_duration",
    "stream_flush_timeout",
    "forward_client_cert_matcher",
    "forward_proto_config",
  ],
  "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext": ["auto_sni_san_match"],
  "envoy.extensions.transport_sockets.tls.v3.GenericSecret": ["secrets"],
  "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext": ["prefer_client_ciphers"],
  "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext": ["custom_tls_certificate_selector"],
  "envoy.extensions.transport_sockets.tls.v3.TlsParameters": ["compliance_policies"],
  "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext": ["auto_host_sni", "auto_sni_san_validation"],
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": [
    "outlier_detection",
    "request_mirror_policies",
    "hash_policy",
    "retry_policy",
  ],
  "envoy.type.matcher.v3.FilterStateMatcher": ["address_match"],
  "envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams": ["fixed_value"],
};
const NEWER_MESSAGES = new Set([
  "envoy.config.route.v3.CookieMatcher",
  "envoy.config.core.v3.KeyValuePair",
  "envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch",
]);
/** Fields that Envoy treats as a oneof without writing it so (`oneof_promotion`). */
const PROMOTED = new Set([
  "value_type",
  "cluster_specifier",
  "strip_port_mode",
  "stats_flush",
  "random_value_specifier",
  "ca_cert_source",
]);
/** Values that were added to enums since. */
const NEWER_VALUES = new Set(["NE"]);

const KINDS: Readonly<Record<string, string>> = {
  "google.protobuf.BoolValue": "bool_value",
  "google.protobuf.UInt32Value": "uint32_value",
  "google.protobuf.UInt64Value": "uint64_value",
  "google.protobuf.DoubleValue": "double_value",
  "google.protobuf.Duration": "duration",
  "google.protobuf.Any": "any",
  "google.protobuf.Struct": "struct",
  "google.protobuf.Value": "value",
};
const SCALARS: Readonly<Record<number, string>> = {
  1: "double",
  3: "int64",
  4: "uint64",
  5: "int32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
};

function resolve(schema: AnySchema): AnySchema {
  return (schema.kind === "lazy" || schema.kind === "mapped") && schema.inner !== undefined ? resolve(schema.inner()) : schema;
}

/** All messages that can be reached from the bootstrap and the extensions. */
function allMessages(): Map<string, MessageSchema<unknown>> {
  const found = new Map<string, MessageSchema<unknown>>();
  const visit = (schema: AnySchema): void => {
    const inner = resolve(schema);
    if (inner.kind === "message") {
      const message = inner as unknown as MessageSchema<unknown>;
      if (found.has(message.typeName)) return;
      found.set(message.typeName, message);
      for (const field of Object.values(message.fields)) visit(field);
    } else if (inner.inner !== undefined) visit(inner.inner());
  };
  visit(Bootstrap);
  for (const { schema } of builtInExtensions.values()) if (schema !== undefined) visit(schema as unknown as AnySchema);
  return found;
}

const messages = allMessages();

/** What the schema of a field has to be, as text. */
function wantedKind(field: DescField): string {
  const inner = (message: DescMessage | undefined): string => KINDS[message?.typeName ?? ""] ?? `message ${message?.typeName}`;
  switch (field.fieldKind) {
    case "scalar":
      return SCALARS[field.scalar];
    case "enum":
      return `enum ${field.enum.values.map(({ name }) => name).join(" ")}`;
    case "message":
      return inner(field.message);
    case "list":
      if (field.listKind === "message") return `list of ${inner(field.message)}`;
      if (field.listKind === "enum") return `list of enum ${field.enum.values.map(({ name }) => name).join(" ")}`;
      return `list of ${SCALARS[field.scalar]}`;
    case "map":
      return `map of ${field.mapKind === "message" ? inner(field.message) : field.mapKind}`;
  }
}

function givenKind(schema: AnySchema): string {
  const inner = resolve(schema);
  if (inner.kind === "message") return `message ${(inner as unknown as MessageSchema<unknown>).typeName}`;
  if (inner.kind === "enum") return `enum ${inner.names?.filter((name) => !NEWER_VALUES.has(name)).join(" ")}`;
  if ((inner.kind === "list" || inner.kind === "map") && inner.inner !== undefined)
    return `${inner.kind} of ${givenKind(inner.inner())}`;
  return inner.kind;
}

describe("the schemas agree with Envoy's API", () => {
  beforeAll(ensureDescriptors);

  it("reaches the messages of all resources", () => {
    expect(messages.size).toBeGreaterThan(100);
    expect([...messages.keys()]).toContain("envoy.config.route.v3.RetryPolicy");
  });

  it.each([...messages.keys()].filter((name) => !NEWER_MESSAGES.has(name)))("%s", (typeName) => {
    const schema = messages.get(typeName) as MessageSchema<unknown>;
    const descriptor = envoyDescriptors()?.getMessage(typeName);
    if (descriptor === undefined) throw new Error(`no descriptor of ${typeName}`);
    const newer = NEWER[typeName] ?? [];
    const known = new Map(descriptor.fields.map((field) => [field.name, field]));
    const ours = new Set<string>();
    for (const [name, field] of Object.entries(schema.fields)) {
      const proto = schema.protoName(name);
      ours.add(proto);
      if (newer.includes(proto)) {
        expect(known.has(proto), `${proto} is not newer than the descriptors`).toBe(false);
        continue;
      }
      const described = known.get(proto);
      expect(described, `${typeName} has no field ${proto}`).toBeDefined();
      expect(described?.jsonName).toBe(name);
      if (described !== undefined && field.unsupported === undefined) expect(givenKind(field), proto).toBe(wantedKind(described));
    }
    expect(
      [...known.keys()].filter((name) => !ours.has(name)),
      "fields that the schema does not have",
    ).toEqual([]);
    const oneofs = schema.oneofs.filter(({ name }) => !PROMOTED.has(name));
    const show = (name: string, fields: readonly string[]): string =>
      `${name}: ${[...fields]
        .filter((field) => !newer.includes(field))
        .sort()
        .join(" ")}`;
    expect(
      oneofs
        .map(({ name, fields }) =>
          show(
            name,
            fields.map((field) => schema.protoName(field)),
          ),
        )
        .sort(),
    ).toEqual(
      descriptor.oneofs
        .filter(({ name }) => !PROMOTED.has(name))
        .map(({ name, fields }) =>
          show(
            name,
            fields.map((field) => field.name),
          ),
        )
        .sort(),
    );
  });
});
