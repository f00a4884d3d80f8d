/** A handshake that failed for a reason of ours. `code` is what the connection's `errorCode` will be. */
export class TlsError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "TlsError";
    this.code = code;
  }
}
