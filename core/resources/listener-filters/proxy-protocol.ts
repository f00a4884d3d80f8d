import type { Infer } from "../schema/index.ts";
import { bool, enumOf, list, message, notBuilt, string, uint32, unsupported } from "../schema/index.ts";

const PROXY_PROTOCOL = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";

/** Which values (TLV) of a version 2 header are kept for a header to an upstream. */
export const ProxyProtocolPassThroughTLVs = message("envoy.config.core.v3.ProxyProtocolPassThroughTLVs", {
  /** Default INCLUDE_ALL. */
  matchType: enumOf(["INCLUDE_ALL", "INCLUDE"], { default: "INCLUDE_ALL" }),
  /** Types, 0 to 255, for INCLUDE. */
  tlvType: list(uint32({ max: 255 })),
});
export type ProxyProtocolPassThroughTLVs = Infer<typeof ProxyProtocolPassThroughTLVs>;

/** A header of the PROXY protocol. */
export const ProxyProtocolConfig = message("envoy.config.core.v3.ProxyProtocolConfig", {
  /** Default V1. */
  version: enumOf(["V1", "V2"], { default: "V1" }),
  passThroughTlvs: notBuilt(ProxyProtocolPassThroughTLVs, "values of a client's header are not passed on"),
  addedTlvs: unsupported("headers are sent without values of their own"),
});
export type ProxyProtocolConfig = Infer<typeof ProxyProtocolConfig>;

/** `envoy.filters.listener.proxy_protocol`: takes the client's addresses from a header that the proxy in front of this one sends. */
export const ProxyProtocol = message(PROXY_PROTOCOL, {
  /** Values (TLV) to keep as dynamic metadata. */
  rules: list(
    message(`${PROXY_PROTOCOL}.Rule`, {
      /** 0 to 255. Default 0. */
      tlvType: uint32({ max: 255, default: 0 }),
      /** Where the value goes. Unset: nowhere. */
      onTlvPresent: message(`${PROXY_PROTOCOL}.KeyValuePair`, {
        /** Default "": `envoy.filters.listener.proxy_protocol`. */
        metadataNamespace: string({ default: "" }),
        key: string({ minLength: 1, required: true }),
      }),
    }),
  ),
  /** Whether connections without a header are let through. Default false: they are closed. */
  allowRequestsWithoutProxyProtocol: bool({ default: false }),
  passThroughTlvs: notBuilt(ProxyProtocolPassThroughTLVs, "values of a client's header are not passed on"),
  /** Versions that close the connection; with `allowRequestsWithoutProxyProtocol` they are passed on as if they were no header. */
  disallowedVersions: list(enumOf(["V1", "V2"])),
  /** Counters are below `proxy_proto.PREFIX.`. Default "": below `proxy_proto.`. */
  statPrefix: string({ default: "" }),
  tlvLocation: unsupported("values go to dynamic metadata", ["DYNAMIC_METADATA"]),
});
export type ProxyProtocol = Infer<typeof ProxyProtocol>;
