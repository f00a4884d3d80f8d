import { maglev } from "./hash/maglev.ts";
import { ringHash } from "./hash/ring-hash.ts";
import { leastRequest } from "./least-request.ts";
import type { LoadBalancerDefinition } from "./load-balancer.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin.ts";

/** What ships, by `lb_policy`. */
export const STANDARD_BALANCERS: ReadonlyMap<string, LoadBalancerDefinition> = new Map([
  [roundRobin.id, roundRobin],
  [leastRequest.id, leastRequest],
  [random.id, random],
  [ringHash.id, ringHash],
  [maglev.id, maglev],
]);
