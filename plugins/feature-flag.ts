import type { RuntimeReader } from "../core/contract/filter.ts";
import type { RuntimeFeatureFlag } from "../core/resources/base.ts";

/** Whether a switch is on, as the runtime says at the moment; one that is not configured is. */
export function isOn(flag: RuntimeFeatureFlag | undefined, runtime: RuntimeReader): boolean {
  return flag === undefined || runtime.boolean(flag.runtimeKey, flag.defaultValue);
}
