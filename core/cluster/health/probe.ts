/** What became of a check. */
export interface ProbeUser {
  passed(degraded: boolean): void;
  /**
   * "ACTIVE": the host said so. "NETWORK": it could not be asked. @param retriable it counts towards the threshold. @param status of HTTP; 0: none.
   * @param exclude the host asks to be left out of what is healthy at once.
   */
  failed(type: "ACTIVE" | "NETWORK", retriable?: boolean, status?: number, exclude?: boolean): void;
}

/** Asks one host, in one of the protocols. Tells its user once for each check, later than the call. */
export interface Probe {
  check(): void;
  /** Gives up what runs, and the connection. Nobody is told. */
  abort(): void;
}
