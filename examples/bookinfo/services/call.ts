import { request, type IncomingHttpHeaders } from "node:http";

/** What another service said, or why it said nothing. */
export type Result = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** Headers that a service hands on with each call: who asks, and what ties the calls of one request together in a trace. */
const HANDED_ON = ["end-user", "x-request-id", "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled"];

/** Longer than any delay that the rules of this example put in. ms. */
const PATIENCE = 10_000;

/**
 * Asks another service through the gateway's inner port, by the name that it has in the mesh, so that routing rules act on the call.
 * @param gateway the inner port, on loopback.
 */
export function call(gateway: number, service: string, path: string, headers: IncomingHttpHeaders): Promise<Result> {
  const sent: Record<string, string> = { host: `${service}.bookinfo.svc.cluster.local`, accept: "application/json" };
  for (const name of HANDED_ON) {
    const value = headers[name];
    if (typeof value === "string") sent[name] = value;
  }
  return new Promise((resolve) => {
    const failed = (problem: string): void => resolve({ ok: false, problem });
    // A connection for each call: one that is kept may be closed by the other side just when it is used again.
    const asked = request(
      { host: "127.0.0.1", port: gateway, path, headers: sent, agent: false, timeout: PATIENCE },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("error", (error) => failed(error.message));
        response.on("end", () => {
          if (response.statusCode !== 200) return failed(`status ${response.statusCode}`);
          try {
            resolve({ ok: true, value: JSON.parse(text) });
          } catch {
            failed("an answer that is no JSON");
          }
        });
      },
    );
    asked.on("timeout", () => asked.destroy(new Error(`no answer within ${PATIENCE / 1_000} s`)));
    asked.on("error", (error) => failed(error.message));
    asked.end();
  });
}
