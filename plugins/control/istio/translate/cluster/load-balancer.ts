import type { LoadBalancerSettings } from "../../schema/destination-rule.ts";
import { durationText, type Json } from "../json.ts";
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
  leftOut("consistentHash", "routes are given no hash policies yet; LEAST_REQUEST is taken");
  leftOut("localityLbSetting", "localities are not told apart yet");
  const warm = slowStart(value);
  switch (value.simple) {
    case "ROUND_ROBIN":
      return { lb_policy: "ROUND_ROBIN", ...(warm === undefined ? {} : { round_robin_lb_config: warm }) };
    case "RANDOM": {
      const field = value.warmup === undefined ? "warmupDurationSecs" : "warmup";
      if (warm !== undefined)
        problems.warn(
          nodeAt(owner, value, field),
          "without_effect",
          "RANDOM gives all endpoints the same share: none starts slowly",
        );
      return { lb_policy: "RANDOM" };
    }
    case "PASSTHROUGH": {
      const message = "PASSTHROUGH is not supported: a gateway has no original destination; LEAST_REQUEST is taken";
      problems.warn(nodeAt(owner, value, "simple"), "unsupported_value", message);
      return leastRequest(warm);
    }
    default:
      return leastRequest(warm);
  }
}

function leastRequest(warm: Json | undefined): Json {
  return { lb_policy: "LEAST_REQUEST", ...(warm === undefined ? {} : { least_request_lb_config: warm }) };
}

/** How endpoints come to their share; undefined: at once. Istio: `setWarmup`. */
function slowStart({ warmup, warmupDurationSecs }: LoadBalancerSettings): Json | undefined {
  const duration = warmup === undefined ? warmupDurationSecs : warmup.duration;
  if (duration === undefined || duration === 0) return undefined;
  return {
    slow_start_config: {
      slow_start_window: durationText(duration),
      aggression: { default_value: warmup?.aggression ?? 1 },
      min_weight_percent: { value: warmup?.minimumPercent ?? 10 },
    },
  };
}
