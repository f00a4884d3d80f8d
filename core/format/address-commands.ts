import type { StreamInfo } from "../contract/stream.ts";
import { maskAddress, portOf, withoutPort, withPort } from "./address.ts";
import { toBytes, visible } from "./byte-string.ts";
import { numberOperator, plainOperator, stringOperator } from "./operator.ts";
import type { Command, Operator } from "./operator.ts";

/** A command without an argument. */
export function simple(operator: Operator): Command {
  return { argument: "none", length: false, make: () => operator };
}

/** An address without port, or the network that it lies in when a prefix length is given. "" is no value. */
function ip(read: (info: StreamInfo) => string): Command {
  return {
    argument: "optional",
    length: false,
    make: (argument) => {
      if (argument === "") return plainOperator((info) => read(info) || undefined);
      const bits = Number(argument);
      if (!/^\d{1,3}$/.test(argument) || bits > 128)
        return `wanted a prefix length from 0 to 128, found ${JSON.stringify(argument)}`;
      return plainOperator((info) => maskAddress(read(info), bits));
    },
  };
}

/** A command without an argument that gives text, made visible as access logs want it. */
export function text(read: (info: StreamInfo) => string | undefined): Command {
  // The same few endpoints and peers come again and again.
  let last: string | undefined;
  let bytes: string | undefined;
  return simple(
    stringOperator((info) => {
      const value = read(info);
      if (value === last) return bytes;
      last = value;
      return (bytes = value === undefined || value === "" ? undefined : visible(toBytes(value)));
    }),
  );
}

const clientIp = (info: StreamInfo): string => info.clientAddress;
const peerIp = (info: StreamInfo): string => info.connection.remoteAddress;
const localIp = (info: StreamInfo): string => info.connection.localAddress;
const upstreamIp = (info: StreamInfo): string => (info.upstreamHost === null ? "" : withoutPort(info.upstreamHost.address));
const upstreamLocalIp = (info: StreamInfo): string => withoutPort(info.upstreamLocalAddress);

const local = simple(plainOperator((info) => withPort(info.connection.localAddress, info.connection.localPort)));
const localPort = simple(numberOperator((info) => info.connection.localPort));

/** An endpoint's address; also a path or a name, so it may need escaping. */
const upstreamAddress = text((info) => info.upstreamHost?.address);

/** Operators that read addresses. */
export const ADDRESS_COMMANDS: Readonly<Record<string, Command>> = {
  DOWNSTREAM_REMOTE_ADDRESS: simple(plainOperator((info) => withPort(info.clientAddress, info.clientPort))),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ip(clientIp),
  DOWNSTREAM_REMOTE_PORT: simple(numberOperator((info) => info.clientPort)),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: simple(
    plainOperator((info) => withPort(info.connection.remoteAddress, info.connection.remotePort)),
  ),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: ip(peerIp),
  DOWNSTREAM_DIRECT_REMOTE_PORT: simple(numberOperator((info) => info.connection.remotePort)),
  DOWNSTREAM_LOCAL_ADDRESS: local,
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ip(localIp),
  DOWNSTREAM_LOCAL_PORT: localPort,
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS: local,
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT: ip(localIp),
  DOWNSTREAM_DIRECT_LOCAL_PORT: localPort,
  UPSTREAM_HOST: upstreamAddress,
  UPSTREAM_HOST_NAME: text((info) => info.upstreamHost?.hostname || info.upstreamHost?.address),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: text((info) => withoutPort(info.upstreamHost?.hostname || info.upstreamHost?.address || "")),
  UPSTREAM_REMOTE_ADDRESS: upstreamAddress,
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ip(upstreamIp),
  UPSTREAM_REMOTE_PORT: simple(numberOperator((info) => (info.upstreamHost === null ? -1 : portOf(info.upstreamHost.address)))),
  UPSTREAM_LOCAL_ADDRESS: simple(plainOperator((info) => info.upstreamLocalAddress || undefined)),
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ip(upstreamLocalIp),
  UPSTREAM_LOCAL_PORT: simple(numberOperator((info) => portOf(info.upstreamLocalAddress))),
};
