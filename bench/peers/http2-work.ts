import { connect } from "node:http2";

/** What a request over HTTP/2 brought. */
export interface Http2Answer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  /** Octets of the body. */
  readonly size: number;
}

/** Asks once over a connection of its own. */
export function askHttp2(url: string, headers: Record<string, string>, body?: Buffer): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const session = connect(url, { rejectUnauthorized: false, settings: { initialWindowSize: 2 ** 24 } });
    session.on("error", reject);
    session.on("connect", () => session.setLocalWindowSize(2 ** 24));
    const stream = session.request(headers, { endStream: body === undefined });
    let answer: Record<string, unknown> = {};
    let trailers: Record<string, unknown> = {};
    let size = 0;
    stream.on("response", (fields) => (answer = fields));
    stream.on("trailers", (fields) => (trailers = fields));
    stream.on("data", (part: Buffer) => (size += part.length));
    stream.on("error", reject);
    stream.on("end", () => {
      session.close();
      resolve({ headers: answer, trailers, size });
    });
    if (body !== undefined) stream.end(body);
  });
}

/** Sees that a proxy in front of the HTTP/1.1 origin does its work over HTTP/2: request id and scheme for the upstream, service time for the client. */
export async function checkHttp2Work(name: string, url: string): Promise<void> {
  const { headers } = await askHttp2(url, { ":path": "/seen" });
  if (!/^id=[0-9a-f-]{36} proto=http/.test(String(headers["x-seen"])))
    throw new Error(`${name}: the upstream saw ${String(headers["x-seen"])}`);
  if (headers["x-envoy-upstream-service-time"] === undefined) throw new Error(`${name}: no x-envoy-upstream-service-time`);
}

/** Fields of a gRPC request. */
export const GRPC_FIELDS = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

/** Sees that a call passes whole: its octets, and its status in the trailers. */
export async function checkGrpcWork(name: string, url: string, message: Buffer, octets: number): Promise<void> {
  const { trailers, size } = await askHttp2(url, { ":path": "/bench.Bytes/Call", ...GRPC_FIELDS }, message);
  if (size !== octets || trailers["grpc-status"] !== "0")
    throw new Error(`${name}: ${size} of ${octets} octets, grpc-status ${String(trailers["grpc-status"])}`);
}
