import type { ServiceKey } from "../../core/contract/filter.ts";

/** What a filter may know of the process it runs in. The server fills it in. */
export interface LocalServer {
  /** Whether `/healthcheck/fail` was called on the admin port, or the server drains. Read at each use. */
  readonly healthCheckFailed: boolean;
  /** `node.cluster` of the bootstrap, or "". */
  readonly cluster: string;
}

/** What filters may know of the server that they run in. */
export const localServerKey: ServiceKey<LocalServer> = { id: "local_server" };
