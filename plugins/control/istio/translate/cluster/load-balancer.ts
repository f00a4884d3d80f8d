import type { LoadBalancerSettings } from "../../schema/destination-rule.ts";
import type { Json } from "../json.ts";
import { nodeAt } from "../origin.ts";
import type { Problems } from "../problems.ts";
import type { Owned } from "./effective-policy.ts";

/** How a cluster balances. Default LEAST_REQUEST, Istio's. */
export function loadBalancerFields(settings: Owned<LoadBalancerSettings> | undefined, problems: Problems): Json {
  if (settings === undefined) return { lb_policy: "LEAST_REQUEST" };
  const { value, owner } = settings;
  const leftOut = (field: keyof LoadBalancerSettings & string, message: string): void => {
    if (value[field] !== undefined) problems.unsupported(nodeAt(owner, value, field), field, message);
  };
  leftOut("consistentHash", "there is no balancing by hash yet; LEAST_REQUEST is taken");
  leftOut("localityLbSetting", "localities are not told apart yet");
  leftOut("warmup", "there is no slow start yet");
  leftOut("warmupDurationSecs", "there is no slow start yet");
  switch (value.simple) {
    case "ROUND_ROBIN":
      return { lb_policy: "ROUND_ROBIN" };
    case "RANDOM":
      return { lb_policy: "RANDOM" };
    case "PASSTHROUGH": {
      const message = "PASSTHROUGH is not supported: a gateway has no original destination; LEAST_REQUEST is taken";
      problems.warn(nodeAt(owner, value, "simple"), "unsupported_value", message);
      return { lb_policy: "LEAST_REQUEST" };
    }
    default:
      return { lb_policy: "LEAST_REQUEST" };
  }
}
