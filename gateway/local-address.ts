import { networkInterfaces } from "node:os";

/** The node's own address: the first IPv4 address that is not the loopback's, as Envoy takes it; 127.0.0.1 when there is none. */
export function nodeAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const address of addresses ?? []) if (address.family === "IPv4" && !address.internal) return address.address;
  }
  return "127.0.0.1";
}
