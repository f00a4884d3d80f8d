import { connect, type Socket } from "node:net";

/** One answered request, times in wall-clock ms. */
export interface Sample {
  readonly due: number;
  readonly ms: number;
  readonly generation: string;
  readonly status: number;
}

const now = (): number => performance.timeOrigin + performance.now();

/**
 * Offers requests at a fixed rate, whatever the pace of the answers, alternating between two hosts. A request counts from when it was due, so that a stall
 * is seen by all requests that fell into it.
 */
export class OpenLoopClient {
  readonly samples: Sample[] = [];
  failures = 0;
  readonly #sockets: Socket[] = [];
  readonly #due: number[][] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(port: number, hosts: readonly string[], rate: number, connections = 16) {
    for (let i = 0; i < connections; i++) this.#open(port, i);
    const requests = hosts.map((host) => `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    const start = now();
    let sent = 0;
    this.#timer = setInterval(() => {
      for (const target = ((now() - start) * rate) / 1_000; sent < target; sent++) {
        const at = sent % connections;
        this.#due[at].push(start + (sent * 1_000) / rate);
        this.#sockets[at].write(requests[sent % requests.length]);
      }
    }, 1);
  }

  #open(port: number, index: number): void {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const due: number[] = [];
    this.#sockets[index] = socket;
    this.#due[index] = due;
    let left = "";
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      left += text;
      for (let head = left.indexOf("\r\n\r\n"); head >= 0; head = left.indexOf("\r\n\r\n")) {
        const lines = left.slice(0, head);
        const end = head + 4 + Number(/^content-length: *(\d+)/im.exec(lines)?.[1] ?? 0);
        if (left.length < end) return;
        left = left.slice(end);
        const at = due.shift() ?? now();
        const generation = /^x-generation: *(\S+)/im.exec(lines)?.[1] ?? "";
        const status = Number(lines.slice(9, 12));
        if (status !== 200) this.failures++;
        this.samples.push({ due: at, ms: now() - at, generation, status });
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#timer !== null) this.failures += due.splice(0).length;
    });
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const socket of this.#sockets) socket.destroy();
  }
}
