import { createServer } from "node:net";

/**
 * Ports below the range that the kernel takes for outgoing connections (32768 and up), so that a port that was free a moment
 * ago is not lost to a client's socket before the gateway binds it. Each worker process walks from a place of its own.
 */
const FIRST = 18_000;
const LAST = 31_900;
let next = FIRST + ((process.pid * 97) % (LAST - FIRST));

/** `count` ports of 127.0.0.1 that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    next = next >= LAST ? FIRST : next + 1;
    if (await isFree(next)) ports.push(next);
  }
  return ports;
}

/** One port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
