import { createServer, type IncomingHttpHeaders } from "node:http";

/** A running service. */
export interface Service {
  readonly name: string;
  /** The port it listens on, on loopback. */
  readonly port: number;
  close(): Promise<void>;
}

/** What a service was asked. */
export interface Question {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
}

/** What it answers: text with its status, or anything else as JSON with 200. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly html?: string;
}

/**
 * Starts a service on 127.0.0.1. It answers GET and HEAD; a handler that fails is a 500 with its message.
 * @param port 0 takes any that is free.
 */
export async function serve(
  name: string,
  port: number,
  answer: (question: Question) => Answer | Promise<Answer>,
): Promise<Service> {
  const server = createServer((request, response) => {
    const { method = "GET", url = "/", headers } = request;
    request.resume();
    const run = async (): Promise<Answer> => {
      if (method !== "GET" && method !== "HEAD")
        return { status: 405, headers: { allow: "GET, HEAD" }, json: { error: `${method} is not done here` } };
      if (!url.startsWith("/")) return { status: 400, json: { error: "wanted a path" } };
      return answer({ method, url: new URL(`http://${name}${url}`), headers });
    };
    run()
      .catch((error: unknown): Answer => ({
        status: 500,
        json: { error: error instanceof Error ? error.message : String(error) },
      }))
      .then(({ status = 200, headers: more, json, html }) => {
        const body = html ?? `${JSON.stringify(json, null, 2)}\n`;
        response.writeHead(status, {
          "content-type": html === undefined ? "application/json" : "text/html; charset=utf-8",
          "content-length": Buffer.byteLength(body),
          ...more,
        });
        response.end(method === "HEAD" ? undefined : body);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
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
