import { Agent, createServer, request } from "node:http";

/** A proxy as one writes it with `node:http`: a server, a keep-alive agent, two pipes. What the platform's own HTTP costs. */
export function runNodeHttpProxy(port: number, originPort: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 4096 });
  createServer((incoming, outgoing) => {
    const upstream = request(
      { host: "127.0.0.1", port: originPort, method: incoming.method, path: incoming.url, headers: incoming.headers, agent },
      (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      },
    );
    upstream.on("error", () => outgoing.destroy());
    incoming.pipe(upstream);
  }).listen(port, "127.0.0.1");
}
