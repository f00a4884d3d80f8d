import type { Infer } from "./schema/index.ts";
import { bool, boolValue, duration, message, uint32Value, unsupported } from "./schema/index.ts";

/** A percentage that is written as a whole number. */
const percent = <const D extends number>(value: D) => uint32Value({ max: 100, default: value });

/** When a host that answers badly is kept out of the balancing for a while. Envoy: "Outlier detection". */
export const OutlierDetection = message(
  "envoy.config.cluster.v3.OutlierDetection",
  {
    /** Answers 5xx in a row (failures of our own among them, unless they are told apart) after which a host is ejected; 0: never. Default 5. */
    consecutive5xx: uint32Value({ default: 5 }),
    /** Milliseconds between two looks at success rates and at who may come back. Default 10,000. */
    interval: duration({ above: 0, default: 10_000 }),
    /** Milliseconds that a host is out the first time; times the number of its ejections later. Default 30,000. */
    baseEjectionTime: duration({ above: 0, default: 30_000 }),
    /** Percent of the hosts that may be out at once. Default 10. */
    maxEjectionPercent: percent(10),
    /** Percent of the cases in which a host that was found is really ejected. Default 100. */
    enforcingConsecutive5xx: percent(100),
    /** Default 100. */
    enforcingSuccessRate: percent(100),
    /** Hosts with enough requests that success rates need. Default 5. */
    successRateMinimumHosts: uint32Value({ default: 5 }),
    /** Requests of a host within an interval that its success rate needs. Default 100. */
    successRateRequestVolume: uint32Value({ default: 100 }),
    /** Thousandths: a host is out when its success rate is below the mean less so many standard deviations. Default 1,900. */
    successRateStdevFactor: uint32Value({ default: 1900 }),
    /** Answers 502, 503 and 504 in a row; 0: never. Default 5. */
    consecutiveGatewayFailure: uint32Value({ default: 5 }),
    /** Default 0: found, counted, and not ejected. */
    enforcingConsecutiveGatewayFailure: percent(0),
    /** Tells what the upstream answered from what failed on our side (no connection, a timeout, a reset). Default false. */
    splitExternalLocalOriginErrors: bool({ default: false }),
    /** Failures of our side in a row, where they are told apart; 0: never. Default 5. */
    consecutiveLocalOriginFailure: uint32Value({ default: 5 }),
    /** Default 100. */
    enforcingConsecutiveLocalOriginFailure: percent(100),
    /** Default 100. */
    enforcingLocalOriginSuccessRate: percent(100),
    /** Percent of failures from which on a host is out. Default 85. */
    failurePercentageThreshold: percent(85),
    /** Default 0. */
    enforcingFailurePercentage: percent(0),
    /** Default 0. */
    enforcingFailurePercentageLocalOrigin: percent(0),
    /** Default 5. */
    failurePercentageMinimumHosts: uint32Value({ default: 5 }),
    /** Default 50. */
    failurePercentageRequestVolume: uint32Value({ default: 50 }),
    /** Milliseconds. Unset: 300,000, or `baseEjectionTime` if that is more. */
    maxEjectionTime: duration({ above: 0 }),
    /** Milliseconds, drawn at random and added to each ejection. Default 0. */
    maxEjectionTimeJitter: duration({ min: 0, default: 0 }),
    /** Whether a host comes back when an active health check of it succeeds. Default true. */
    successfulActiveHealthCheckUnejectHost: boolValue({ default: true }),
    monitors: unsupported("there are no extensions of outlier detection"),
    /** Whether one host may be out whatever `maxEjectionPercent` says. Default false. */
    alwaysEjectOneHost: boolValue({ default: false }),
  },
  {
    protoNames: { consecutive5xx: "consecutive_5xx", enforcingConsecutive5xx: "enforcing_consecutive_5xx" },
  },
);
export type OutlierDetection = Infer<typeof OutlierDetection>;
