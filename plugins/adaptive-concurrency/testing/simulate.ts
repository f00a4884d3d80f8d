import { seededRandom } from "../../../core/cluster/testing/seeded-random.ts";
import { StatsStore } from "../../../core/observe/stats-store.ts";
import { GradientControllerConfig } from "../../../core/resources/filters/adaptive-concurrency.ts";
import { decodeText } from "../../../core/resources/schema/index.ts";
import { FakeClock } from "../../../core/transport/clock.ts";
import { GradientController } from "../gradient-controller.ts";

/** An upstream that works on `servers` requests at a time and lets the others wait, and clients that come whether it can or not. */
export interface Load {
  readonly servers: number;
  /** Mean ms; half of it is fixed, the other half exponential. */
  readonly serviceTime: number;
  /** ms after which an answer is of no use. The upstream works on it all the same. */
  readonly deadline: number;
  readonly seconds: number;
  /** Times the capacity. */
  readonly rate: number;
  readonly seed?: number;
  /** YAML of the controller; undefined: there is none. */
  readonly config: string | undefined;
}

/** What came of it. */
export interface Outcome {
  /** Answers in time, by what the upstream can do. */
  readonly goodput: number;
  /** At the end. */
  readonly limit: number;
}

/** Discrete events: nothing waits, the same seed gives the same outcome. */
export function simulate(load: Load): Outcome {
  const { servers, serviceTime, deadline, seconds, rate, seed = 1, config } = load;
  const random = seededRandom(seed);
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const clock = new FakeClock();
  const parsed = config === undefined ? undefined : decodeText(GradientControllerConfig, config, { file: "f" }).value;
  const controller =
    parsed === undefined ? null : new GradientController(parsed, { clock, random, stats: new StatsStore().scope("ac") });
  const capacity = servers / serviceTime;
  const end = seconds * 1000;
  const waiting: number[] = [];
  /** When each server is done, and when what it works on came. */
  const busy: { done: number; came: number }[] = [];
  let inTime = 0;
  let arrival = 0;
  let head = 0;
  const work = (came: number): void => {
    busy.push({ done: clock.now() + serviceTime / 2 + exponential(serviceTime / 2), came });
  };
  for (;;) {
    let next = -1;
    for (let i = 0; i < busy.length; i++) if (next < 0 || busy[i].done < busy[next].done) next = i;
    const done = next < 0 ? Infinity : busy[next].done;
    const at = Math.min(done, arrival);
    if (at >= end) break;
    clock.advance(at - clock.now());
    if (done <= arrival) {
      const [{ came }] = busy.splice(next, 1);
      if (at - came <= deadline) inTime++;
      controller?.finish(came, at);
      if (head < waiting.length) work(waiting[head++]);
    } else {
      arrival = at + exponential(1 / (capacity * rate));
      if (controller !== null && !controller.admit()) continue;
      if (busy.length < servers) work(at);
      else waiting.push(at);
    }
  }
  return { goodput: inTime / (capacity * end), limit: controller?.limit ?? Infinity };
}
