import { RuntimeFeatureFlag } from "../base.ts";
import { RuntimeDouble, RuntimePercent, RuntimeUInt32 } from "../percent.ts";
import type { Infer } from "../schema/index.ts";
import { duration, int32, list, message, uint32 } from "../schema/index.ts";

const A = "envoy.extensions.filters.http.admission_control.v3.AdmissionControl";

/** Statuses from `start` to below `end`. */
export const Int32Range = message("envoy.type.v3.Int32Range", {
  /** Default 0. */
  start: int32({ default: 0 }),
  /** Default 0. */
  end: int32({ default: 0 }),
});
export type Int32Range = Infer<typeof Int32Range>;

/** Admission control, `envoy.filters.http.admission_control`: the more requests fail, the fewer are let through. */
export const AdmissionControl = message(
  A,
  {
    /** Unset: enabled. */
    enabled: RuntimeFeatureFlag,
    /** What is a success. */
    successCriteria: message(`${A}.SuccessCriteria`, {
      /** Unset: what is below 500. */
      httpCriteria: message(`${A}.SuccessCriteria.HttpCriteria`, {
        httpSuccessStatus: list(Int32Range, { min: 1 }),
      }),
      /** Unset: what fewer requests would not change, such as NOT_FOUND. */
      grpcCriteria: message(`${A}.SuccessCriteria.GrpcCriteria`, {
        grpcSuccessStatus: list(uint32({ max: 16 }), { min: 1 }),
      }),
    }),
    /** Milliseconds over which successes are counted, by whole seconds. Unset: 30,000. */
    samplingWindow: duration({ min: 1000 }),
    /** Below 1 is 1. Unset: 1. */
    aggression: RuntimeDouble,
    /** Percent of successes below which requests are refused. Unset: 95. */
    srThreshold: RuntimePercent,
    /** Requests per second below which none is refused. Default 0. */
    rpsThreshold: RuntimeUInt32,
    /** Percent of requests that are refused at most. Unset: 80. */
    maxRejectionProbability: RuntimePercent,
  },
  {
    oneofs: [{ name: "evaluation_criteria", fields: ["successCriteria"], required: true }],
    check({ successCriteria, srThreshold }, complain) {
      if (srThreshold !== undefined && srThreshold.defaultValue < 1)
        complain(`found a default of ${srThreshold.defaultValue}, wanted at least 1 percent`, "srThreshold");
      for (const range of successCriteria?.httpCriteria?.httpSuccessStatus ?? [])
        if (range.start < 100 || range.end > 600 || range.start >= range.end)
          complain(`found ${range.start} to ${range.end}, wanted a range of statuses from 100 to below 600`, "start", range);
    },
  },
);
export type AdmissionControl = Infer<typeof AdmissionControl>;
