import { cases } from "./case-list.ts";
import { addProxyingCases } from "./cases-proxying.ts";
import { addRoutingCases } from "./cases-routing.ts";

export type { Case } from "./case-list.ts";
export { cases };

addRoutingCases();
addProxyingCases();
