/** A connection of a filter chain, as its listener sees it: whatever serves it. */
export interface ServedConnection {
  /** The listener or its chain goes: what is idle ends now, what is busy when it is done. */
  drain(): void;
  /** As `drain`, for a connection whose chain stays. */
  drainWhenIdle(): void;
  /** Ends now. */
  destroy(): void;
}

/** Told of the end of a served connection, exactly once. */
export interface ConnectionOwner {
  closed(connection: ServedConnection, openedAt: number): void;
}
