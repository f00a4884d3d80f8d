import { isIP } from "./ip.ts";
import type { Infer } from "./schema/index.ts";
import { bool, enumOf, list, message, notBuilt, required, string, uint32, uint32Value, unsupported } from "./schema/index.ts";

/** An IP (or for endpoints of DNS clusters a name) and a port. */
export const SocketAddress = message(
  "envoy.config.core.v3.SocketAddress",
  {
    /** Default TCP. */
    protocol: enumOf(["TCP", "UDP"], { default: "TCP", unsupported: ["UDP"] }),
    address: string({ minLength: 1, required: true }),
    /** 0 for a listener: any free port. */
    portValue: uint32({ max: 65_535 }),
    namedPort: unsupported("named ports need a resolver of SRV records"),
    resolverName: unsupported("there are no custom resolvers"),
    /** Whether a listener on `::` takes IPv4 too. Default false. */
    ipv4Compat: bool({ default: false }),
    networkNamespaceFilepath: unsupported("sockets are made in the process's own network namespace"),
  },
  {
    oneofs: [{ name: "port_specifier", fields: ["portValue", "namedPort"], required: true }],
    protoNames: { ipv4Compat: "ipv4_compat" },
  },
);
export type SocketAddress = Infer<typeof SocketAddress>;

/** A Unix domain socket. */
export const Pipe = message("envoy.config.core.v3.Pipe", {
  path: string({ minLength: 1, required: true }),
  /** Permissions of the socket file; 0 (default): as the process makes it. */
  mode: uint32({ max: 0o777, default: 0 }),
});
export type Pipe = Infer<typeof Pipe>;

/** An address: exactly one of the two is set. */
export const Address = message(
  "envoy.config.core.v3.Address",
  {
    socketAddress: SocketAddress,
    pipe: Pipe,
    envoyInternalAddress: unsupported("there are no internal listeners"),
  },
  { oneofs: [{ name: "address", fields: ["socketAddress", "pipe", "envoyInternalAddress"], required: true }] },
);
export type Address = Infer<typeof Address>;

/** A range of IP addresses. */
export const CidrRange = message(
  "envoy.config.core.v3.CidrRange",
  {
    addressPrefix: string({ minLength: 1, required: true }),
    /** Unset: 0, all addresses of the family. */
    prefixLen: uint32Value({ max: 128 }),
  },
  {
    check({ addressPrefix, prefixLen = 0 }, complain) {
      const family = isIP(addressPrefix);
      if (family === 0) complain(`found "${addressPrefix}", wanted an IP address`, "addressPrefix");
      else if (family === 4 && prefixLen > 32)
        complain(`found ${prefixLen}, wanted a prefix of at most 32 bits for an IPv4 address`, "prefixLen");
    },
  },
);
export type CidrRange = Infer<typeof CidrRange>;

/** TCP keep-alive: the system's values where unset. */
export const TcpKeepalive = message("envoy.config.core.v3.TcpKeepalive", {
  keepaliveProbes: notBuilt(uint32Value(), "the platform does not set it"),
  /** Seconds of silence before the first probe. */
  keepaliveTime: uint32Value(),
  /** Seconds between probes. */
  keepaliveInterval: notBuilt(uint32Value(), "the platform does not set it"),
});
export type TcpKeepalive = Infer<typeof TcpKeepalive>;

/** Where connections to upstream hosts start from. */
export const BindConfig = message("envoy.config.core.v3.BindConfig", {
  sourceAddress: SocketAddress,
  freebind: unsupported("the platform can't set IP_FREEBIND"),
  socketOptions: unsupported("the platform can't set socket options by number"),
  extraSourceAddresses: unsupported("one source address only"),
  additionalSourceAddresses: unsupported("one source address only"),
  localAddressSelector: unsupported("one source address only"),
});
export type BindConfig = Infer<typeof BindConfig>;

/** A further address of a listener. */
export const AdditionalAddress = message("envoy.config.listener.v3.AdditionalAddress", {
  address: required(Address),
  socketOptions: unsupported("the platform can't set socket options by number"),
  tcpKeepalive: unsupported("set it on the listener"),
});
export type AdditionalAddress = Infer<typeof AdditionalAddress>;
/** More addresses of the same listener. */
export const additionalAddresses = list(AdditionalAddress);

/** An address as text, to compare and to show: `127.0.0.1:80`, `[::1]:80`, or the path of a pipe. */
export function addressText(address: Address): string {
  if (address.pipe !== undefined) return address.pipe.path;
  const { address: host = "", portValue = 0 } = address.socketAddress ?? {};
  return host.includes(":") ? `[${host}]:${portValue}` : `${host}:${portValue}`;
}

/** Complains of an address whose host must be an IP and is not. */
export function checkIpAddress(
  address: Address | undefined,
  complain: (message: string, key: string, within: object) => void,
): void {
  const socket = address?.socketAddress;
  if (socket === undefined || isIP(socket.address) !== 0) return;
  complain(`found "${socket.address}", wanted an IP address`, "address", socket);
}
