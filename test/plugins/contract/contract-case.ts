import type { HttpFilter } from "../../../core/contract/filter.ts";
import type { RequestScript, TestFilter, Trace, UpstreamScript } from "../chain-driver.ts";

/** Parts of a trace; lists are compared whole. */
export interface ExpectedTrace {
  readonly upstream?: Partial<Trace["upstream"]>;
  readonly client?: Partial<Trace["client"]>;
  readonly details?: string;
  readonly errors?: readonly string[];
}

/** What a case may use. */
export interface CaseKit {
  /** Notes an event. */
  readonly log: (event: string) => void;
  /** A promise that settles when the exchange is idle. */
  whenIdle<T>(value?: T): Promise<T>;
  /** One that then rejects. */
  rejectWhenIdle(message: string): Promise<never>;
}

/** One rule of the filter contract (core/contract/filter.ts) and an exchange that shows it. */
export interface ContractCase {
  readonly rule: string;
  readonly filters: (kit: CaseKit) => readonly TestFilter[];
  readonly request?: Partial<RequestScript>;
  readonly upstream?: Partial<UpstreamScript>;
  readonly clientLeaves?: boolean;
  /** Every event that was noted, in order; absent: not looked at. */
  readonly log?: readonly string[];
  readonly trace?: ExpectedTrace;
}

// What most cases share.

/** The first filter of a case. */
export const a = (filter: HttpFilter, more: Omit<TestFilter, "name" | "filter"> = {}): TestFilter => ({
  name: "a",
  filter,
  ...more,
});
/** The second one. */
export const b = (filter: HttpFilter, more: Omit<TestFilter, "name" | "filter"> = {}): TestFilter => ({
  name: "b",
  filter,
  ...more,
});
/** A request with a body of two chunks. */
export const post = { method: "POST", body: ["one", "two"] };
/** Bounds that are wide enough for every case. */
export const hold = { buffer: { request: 100, response: 100 } };
/** A hook that throws. */
export const boom = (): never => {
  throw new Error("boom");
};
