import type { Infer } from "../schema/index.ts";
import { boolValue, message, uint32Value, unsupported } from "../schema/index.ts";

/** `envoy.filters.listener.tls_inspector`: tells TLS from plain TCP, and the names and protocols that the client asks for. */
export const TlsInspector = message("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {
  enableJa3Fingerprinting: unsupported("there are no fingerprints of clients", ["false"]),
  enableJa4Fingerprinting: unsupported("there are no fingerprints of clients", ["false"]),
  /** Without effect: what has come is looked at, whatever its size. */
  initialReadBufferSize: uint32Value({ above: 255, below: 65_537 }),
  /** Bytes of a ClientHello; a longer one closes the connection. Default 16,384. */
  maxClientHelloSize: uint32Value({ above: 255, below: 16_385, default: 16_384 }),
  /** Whether a ClientHello that can't be read closes the connection; otherwise it counts as no TLS. Default false. */
  closeConnectionOnClientHelloParsingErrors: boolValue({ default: false }),
});
export type TlsInspector = Infer<typeof TlsInspector>;
