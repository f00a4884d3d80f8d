import type { ConnectionOptions, TLSSocket } from "node:tls";
import { connect } from "node:tls";
import type { TestCertificate } from "./certificates.ts";

/** What came of a request over TLS. */
export interface TlsOutcome {
  /** The response as latin1; "" when there was none. */
  readonly response: string;
  /** Code of the error that ended it, or "". */
  readonly error: string;
  /** Common name of the server's certificate, "" when the handshake failed. */
  readonly server: string;
  readonly protocol: string;
  readonly alpn: string;
  readonly reused: boolean;
  /** The last session that the server gave. */
  readonly session: Buffer | undefined;
}

/** Options of a request over TLS. */
export interface TlsRequest extends Omit<ConnectionOptions, "cert" | "key" | "ca"> {
  readonly certificate?: TestCertificate;
  readonly path?: string;
  readonly headers?: string;
}

/** Sends one GET with `connection: close` and tells what came of it. */
export function tlsRequest(port: number, options: TlsRequest = {}): Promise<TlsOutcome> {
  const { certificate, path = "/", headers = "", ...more } = options;
  return new Promise((resolve) => {
    let response = "";
    let error = "";
    let session: Buffer | undefined;
    const seen = { server: "", protocol: "", alpn: "", reused: false };
    const socket: TLSSocket = connect({
      host: "127.0.0.1",
      port,
      rejectUnauthorized: false,
      ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
      ...more,
    });
    socket.on("secureConnect", () => {
      const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
      seen.server = subject?.CN ?? "";
      seen.protocol = socket.getProtocol() ?? "";
      seen.alpn = socket.alpnProtocol === false || socket.alpnProtocol === null ? "" : socket.alpnProtocol;
      seen.reused = socket.isSessionReused();
      socket.write(`GET ${path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n${headers}\r\n`);
    });
    socket.on("session", (made: Buffer) => (session = made));
    socket.on("data", (chunk: Buffer) => (response += chunk.toString("latin1")));
    socket.on("error", (why: NodeJS.ErrnoException) => (error = why.code ?? why.message));
    socket.on("close", () => resolve({ response, error, session, ...seen }));
  });
}
