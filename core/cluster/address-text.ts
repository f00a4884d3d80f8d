import type { ConnectAddress } from "../transport/connect.ts";

/** "10.0.0.1:80", "[::1]:80" or the path of a socket. */
export function addressText(address: ConnectAddress): string {
  if ("path" in address) return address.path;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
