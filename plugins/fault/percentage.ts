import type { RuntimeReader } from "../../core/contract/filter.ts";
import type { HeaderMap } from "../../core/contract/headers.ts";
import { shareOf } from "../../core/match/fraction.ts";
import type { FractionalPercent } from "../../core/resources/percent.ts";
import { headerNumber } from "./header-number.ts";

/** How many requests get a fault. */
export interface Percentage {
  readonly numerator: number;
  /** 100, 10,000 or 1,000,000. */
  readonly denominator: number;
  readonly runtimeKey: string;
  /** Header by which a client lowers the numerator, or "". */
  readonly header: string;
}

/** An unset percentage is 0 of 100: no fault. */
export function compilePercentage(config: FractionalPercent | undefined, runtimeKey: string, header: string): Percentage {
  return { numerator: config?.numerator ?? 0, denominator: config?.denominator ?? 100, runtimeKey, header };
}

/**
 * Draws. A client can only lower the percentage, never raise it.
 * @param clusterKey runtime key of the downstream cluster, or "": either of the two draws is enough.
 */
export function draws(percentage: Percentage, headers: HeaderMap, runtime: RuntimeReader, clusterKey: string): boolean {
  const { denominator, runtimeKey } = percentage;
  let { numerator } = percentage;
  if (percentage.header !== "") numerator = Math.min(headerNumber(headers, percentage.header) ?? numerator, numerator);
  if (runtime.fraction(runtimeKey, numerator, denominator, randomDraw())) return true;
  return clusterKey !== "" && runtime.fraction(clusterKey, numerator, denominator, randomDraw());
}

/** Of how many requests how many get it, by the percentage, the request's header and the runtime. */
export function shareOfPercentage(
  percentage: Percentage,
  headers: HeaderMap,
  runtime: RuntimeReader,
  clusterKey: string,
): { readonly count: number; readonly of: number } {
  const { denominator, runtimeKey } = percentage;
  let { numerator } = percentage;
  if (percentage.header !== "") numerator = Math.min(headerNumber(headers, percentage.header) ?? numerator, numerator);
  const own = shareOf((draw) => runtime.fraction(runtimeKey, numerator, denominator, draw));
  if (clusterKey === "") return own;
  const more = shareOf((draw) => runtime.fraction(clusterKey, numerator, denominator, draw));
  // Either of two draws: it stays away only where both do.
  const of = own.of * more.of;
  return { count: of - (own.of - own.count) * (more.of - more.count), of };
}

/** Not the stream's own draw: delay, abort and the choice among weighted clusters must not go together. */
function randomDraw(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}
