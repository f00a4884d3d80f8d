// A tiny service that says what it was asked. `node service.ts blue 9001`, or startService("blue", 9001) from a program.
import { createServer, type Server } from "node:http";
import { pathToFileURL } from "node:url";

/** A running demo service. */
export interface DemoService {
  readonly name: string;
  /** The port it listens on, on loopback. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts a service on 127.0.0.1 that answers every request with JSON: its name, and the method, path and headers that reached it.
 * @param port 0 takes any that is free.
 */
export async function startService(name: string, port: number): Promise<DemoService> {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const { method, url: path, headers } = request;
      const body = `${JSON.stringify({ service: name, method, path, headers }, null, 2)}\n`;
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "x-service": name,
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    name,
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = "blue", port = "9001"] = process.argv.slice(2);
  void startService(name, Number(port)).then((service) => console.log(`${name} listens on http://127.0.0.1:${service.port}`));
}
