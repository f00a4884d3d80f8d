import type { ConnectionFacts } from "../../contract/listener-filter.ts";
import { Connection, type ConnectionState } from "../../transport/connection.ts";
import type { TlsInfo } from "../../transport/connection.ts";

const NOBODY = {
  onData(): void {},
  onEnd(): void {},
  onDrain(): void {},
  onClose(): void {},
};

/** A connection without a socket: what is written to it goes nowhere. */
export class DryConnection extends Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  state: ConnectionState = "open";
  paused = false;
  readonly buffered = 0;
  readonly fd = -1;

  constructor(facts: ConnectionFacts, tls: TlsInfo | null) {
    super(NOBODY);
    this.remoteAddress = facts.directRemoteAddress;
    this.remotePort = facts.directRemotePort;
    this.localAddress = facts.localAddress;
    this.localPort = facts.localPort;
    this.facts = facts;
    this.tls = tls;
  }

  /** It is over: whoever has it lets go of timers and streams. */
  close(): void {
    this.state = "closed";
    const { handler } = this;
    this.handler = NOBODY;
    handler.onClose(null);
  }

  writeLatin1(): boolean {
    return true;
  }
  writeBytes(): boolean {
    return true;
  }
  writeHeadAndBytes(): boolean {
    return true;
  }
  setWatermark(): void {}
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {}
  /** The owner is told by `close`, once it has returned. */
  destroy(): void {
    this.state = "closed";
  }
  reset(): void {
    this.state = "closed";
  }
  setNoDelay(): void {}
  setKeepAlive(): void {}
}
