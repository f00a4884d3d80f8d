import type { FilterDefinition } from "../core/contract/filter.ts";
import { anyFilter } from "../plugins/plugin.ts";
import { routerFilter } from "../plugins/router/router.ts";
import { standardFilters } from "../plugins/standard.ts";

/** What a gateway is made of: the plugins that ship, and the router that ends every chain. */
export const allFilters: readonly FilterDefinition[] = [...standardFilters, anyFilter(routerFilter)];
