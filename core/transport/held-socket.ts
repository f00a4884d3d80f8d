import net from "node:net";
import type { SocketName } from "./native.ts";
import { systemError } from "./system-error.ts";

/** A bound address at which this process does not accept: those do to which its handle is sent. While it is held, who connects waits in the kernel's queue. */
export interface HeldSocket {
  /** For `child.send(message, handle)`; the child listens with `server.listen(handle)`. */
  readonly handle: net.Server;
  readonly address: string;
  readonly port: number;
  close(): void;
}

/** What a bound handle of the runtime can do, as far as it is used here. */
interface BoundHandle {
  getsockname(out: SocketName): number;
  close(): void;
}

/** Makes a bound handle that does not listen yet, or tells the number of the error. What `node:cluster` uses for the same purpose, on Node and on Deno. */
type CreateHandle = (host: string, port: number, addressType: 4 | 6, fd: number, flags: number) => BoundHandle | number;

/** libuv's UV_TCP_IPV6ONLY. */
const IPV6_ONLY = 1;

/** Whether this runtime can hold sockets for other processes. On Deno 2.9 it mostly works, and sometimes a child never gets its handle: so not there. */
export const canHoldSockets: boolean =
  typeof createHandle() === "function" && process.platform !== "win32" && !("Deno" in globalThis);

function createHandle(): CreateHandle | undefined {
  return (net as unknown as { _createServerHandle?: CreateHandle })._createServerHandle;
}

/** Binds an IP and a port (0: any). Throws the system's error (`EADDRINUSE`, `EACCES`, ...). */
export function holdSocket(host: string, port: number, ipv6Only = false): HeldSocket {
  const create = createHandle();
  if (create === undefined) throw new Error("this runtime can't bind a socket for other processes");
  const bound = create(host, port, net.isIPv6(host) ? 6 : 4, -1, ipv6Only ? IPV6_ONLY : 0);
  if (typeof bound === "number") throw bindError(bound, host, port);
  // That an address is in use is told late: by the first that asks for something.
  const held = heldSocketOf(bound);
  if (typeof held === "object") return held;
  bound.close();
  throw bindError(held, host, port);
}

/** A handle that another process bound and sent; the number of the error when it is none. */
export function heldSocketOf(handle: unknown): HeldSocket | number {
  const bound = handle as BoundHandle;
  const name: SocketName = {};
  const failed = bound.getsockname(name);
  if (failed !== 0) return failed;
  return {
    handle: handle as net.Server,
    address: name.address ?? "",
    port: name.port ?? 0,
    close: () => bound.close(),
  };
}

function bindError(errno: number, address: string, port: number): Error {
  return Object.assign(systemError(errno, "bind", `${address}:${port}`), { address, port });
}

/** Listens with a handle that another process holds. Rejected with the runtime's error. */
export function serverOf(handle: unknown, backlog = 511): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(handle as net.Server, backlog, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
