import type { StreamHandle } from "../native.ts";
import type { SecureContext } from "./secure-context.ts";
import net from "node:net";
import tls from "node:tls";
import { hasNativePath } from "../handle-connection.ts";

/** The runtime's TLS session over a stream handle, a stream handle itself: what a `tls.TLSSocket` stands on, as far as we use it. */
export interface TlsHandle extends StreamHandle {
  onhandshakestart: () => void;
  onhandshakedone: () => void;
  onerror: (error: Error) => void;
  oncertcb: (info: { readonly servername: string | false; readonly OCSPRequest: boolean }) => void;
  onnewsession: (id: Buffer, session: Buffer) => void;
  /** Takes the certificate and the key of a context. */
  setKeyCert(context: unknown): void;
  setVerifyMode(request: boolean, reject: boolean): void;
  enableCertCb(): void;
  certCbDone(): void;
  setOCSPResponse(response: Uint8Array): void;
  setALPNProtocols(wire: Uint8Array): void;
  getALPNNegotiatedProtocol(): string | false;
  getServername(): string | false;
  enableSessionCallbacks(): void;
  newSessionDone(): void;
  setServername(name: string): void;
  setSession(session: Uint8Array): void;
  /** Bytes that were read before the session took over. */
  receive(bytes: Uint8Array): void;
  start(): void;
  destroySSL(): void;
}

/** Puts a TLS session over a handle, without a `net.Socket` below or a `tls.TLSSocket` above. */
export type WrapHandle = (handle: StreamHandle, context: SecureContext, isServer: boolean) => TlsHandle;

const NEEDED = [
  "setVerifyMode",
  "enableCertCb",
  "certCbDone",
  "setKeyCert",
  "setOCSPResponse",
  "setALPNProtocols",
  "getALPNNegotiatedProtocol",
  "getServername",
  "enableSessionCallbacks",
  "setServername",
  "setSession",
  "receive",
  "start",
  "destroySSL",
  "useUserBuffer",
  "verifyError",
  "isSessionReused",
  "close",
] as const;

function nothing(): void {}

/**
 * The runtime makes the session's handle in a method of `TLSSocket` that wants little of its socket, so it is borrowed. Deno's wants more of it (and its
 * sessions do not read into a given buffer): the portable path serves there.
 */
function detect(): WrapHandle | null {
  if (!hasNativePath || "Deno" in globalThis) return null;
  const prototype = tls.TLSSocket.prototype as unknown as {
    _wrapHandle?: (this: object, wrap: null, handle: StreamHandle, active: boolean) => TlsHandle;
  };
  const { _wrapHandle } = prototype;
  if (typeof _wrapHandle !== "function") return null;
  const probe = new tls.TLSSocket(new net.Socket(), { isServer: true, secureContext: tls.createSecureContext() });
  probe.on("error", nothing);
  const handle = (probe as unknown as { _handle?: Record<string, unknown> | null })._handle;
  const whole = handle !== null && handle !== undefined && NEEDED.every((name) => typeof handle[name] === "function");
  probe.destroy();
  if (!whole) return null;
  return (handle, context, isServer) => {
    const borrowed = { _tlsOptions: { secureContext: context, isServer }, on: nothing, listenerCount: () => 1 };
    return _wrapHandle.call(borrowed, null, handle, false);
  };
}

function detectSafely(): WrapHandle | null {
  try {
    return detect();
  } catch {
    // A runtime that knows these things differently: the portable path is right there.
    return null;
  }
}

let found: WrapHandle | null | undefined;

/** The native path for TLS of this runtime, or null where there is none that we know. Looked for when TLS is first used. */
export function nativeTls(): WrapHandle | null {
  return found === undefined ? (found = detectSafely()) : found;
}
