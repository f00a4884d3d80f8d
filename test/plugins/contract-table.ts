import { order } from "./contract/order-of-hooks.ts";
import { bodies } from "./contract/bodies-and-trailers.ts";
import { promises } from "./contract/promises.ts";
import { holding } from "./contract/holding.ts";
import { replies } from "./contract/replies.ts";
import { failures } from "./contract/failures.ts";
import { streams } from "./contract/streams.ts";
import type { ContractCase } from "./contract/contract-case.ts";

/** The filter contract as cases, by area. A driver runs each and compares log and trace. */
export const CONTRACT: ReadonlyArray<readonly [area: string, cases: readonly ContractCase[]]> = [
  ["order of hooks", order],
  ["bodies and trailers", bodies],
  ["promises", promises],
  ["HOLD", holding],
  ["replies and resets", replies],
  ["failures", failures],
  ["the stream", streams],
];
