import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { once } from "node:events";

/** Handshakes that a load made. */
export interface Handshakes {
  count: number;
  /** For each second that passed. */
  rate: number;
}

/** Connections that shake hands at once. */
const AT_ONCE = 16;

/**
 * Makes TLS 1.3 connections for some seconds, 16 at a time, each of which ends as soon as it is secure. Resumed ones take up the session
 * of a first connection. Rejects when one fails, or is not of the kind that was wanted.
 */
export async function shakeHands(port: number, seconds: number, resumed: boolean): Promise<Handshakes> {
  const options = { port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false };
  const session = resumed ? await sessionOf(connect(options)) : undefined;
  let count = 0;
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const socket = connect({ ...options, session });
      await once(socket, "secureConnect");
      if (socket.isSessionReused() !== resumed) throw new Error(`a session was ${resumed ? "not " : ""}resumed`);
      if (socket.getProtocol() !== "TLSv1.3") throw new Error(`it spoke ${socket.getProtocol()}`);
      count++;
      socket.resume();
      socket.end();
      await once(socket, "close");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return { count, rate: count / ((performance.now() - begun) / 1000) };
}

async function sessionOf(socket: TLSSocket): Promise<Buffer> {
  // Some servers hold their tickets back until something was asked.
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const [session] = (await once(socket, "session")) as [Buffer];
  socket.destroy();
  return session;
}
