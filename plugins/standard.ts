import type { FilterDefinition } from "../core/contract/filter.ts";
import { buffer } from "./buffer/buffer.ts";
import { cors } from "./cors/cors.ts";
import { fault } from "./fault/fault.ts";
import { headerMutation } from "./header-mutation/header-mutation.ts";
import { healthCheck } from "./health-check/health-check.ts";
import { anyFilter } from "./plugin.ts";

/** The HTTP filters that ship, by name. What is not in this list does not exist: nothing registers itself. */
export const standardFilters: readonly FilterDefinition[] = [
  anyFilter(buffer),
  anyFilter(cors),
  anyFilter(fault),
  anyFilter(headerMutation),
  anyFilter(healthCheck),
];
