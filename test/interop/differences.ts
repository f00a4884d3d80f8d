/** A part of an observation: "status", "body", "complete", "header NAME", "upstream" (all of it) or "upstream header NAME". */
export type Aspect = string;

/** Where Isthmus answers otherwise than Envoy on purpose. */
export interface Difference {
  /** Names of cases ("GROUP: NAME") that it concerns. */
  cases: RegExp;
  aspects: readonly Aspect[];
  reason: string;
}

/** The deliberate differences; anything else that differs is a mistake. */
export const differences: readonly Difference[] = [
  {
    cases: /^connection manager: (edge|edge-hop|edge-preserve):/,
    aspects: ["upstream header x-forwarded-for"],
    reason: "for a client on loopback Envoy appends the machine's own address; the table of headers.test.ts holds what matters",
  },
];
