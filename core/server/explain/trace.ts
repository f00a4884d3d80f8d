import { ClusterImpl } from "../../cluster/cluster.ts";
import { requestHead } from "../../cluster/pool/request-head.ts";
import type { Cluster } from "../../contract/cluster.ts";
import type { HeaderMap } from "../../contract/headers.ts";
import type { Decision, DecisionTrace, Draw, HostShare } from "../../contract/trace.ts";
import { type DrawnRange, oddsOf } from "./odds.ts";

/** A decision by a random number, with the odds of each option and the one that this course of events goes on with. */
export interface DrawnDecision extends Draw {
  readonly verdict: "drawn";
  /** 0 to 1, by option: given what was drawn before. */
  readonly odds: readonly number[];
  readonly option: number;
}

/** A header (or pseudo-header) that changed: `before` undefined when it was added, `after` when it was removed. */
export interface HeaderChange {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What changed headers, and how. */
export interface ChangedHeaders {
  readonly verdict: "changed";
  readonly kind: "headers";
  readonly subject: string;
  readonly about?: object | undefined;
  readonly changes: readonly HeaderChange[];
}

/** One thing that was decided, drawn or changed. */
export type Step = Decision | DrawnDecision | ChangedHeaders;

/** Where a request would be sent, and in which form. */
export interface Forwarded {
  readonly cluster: string;
  readonly hosts: readonly HostShare[];
  /** The request line and header lines, as they would be written. */
  readonly head: readonly string[];
}

/** One course of events: what was drawn before is drawn again by `script`, the rest goes the likeliest way. */
export class Course implements DecisionTrace {
  readonly steps: Step[] = [];
  /** Of this course among all, 0 to 1. */
  probability = 1;
  forwarded: Forwarded | null = null;
  readonly #script: readonly number[];
  readonly #ranges: DrawnRange[] = [];
  readonly drawn: DrawnDecision[] = [];

  constructor(script: readonly number[]) {
    this.#script = script;
  }

  /** The resource of whoever has its turn: of what it tells without naming one. */
  around: object | undefined;

  note(decision: Decision): void {
    this.steps.push(this.#placed(decision));
  }

  changed(subject: string, changes: readonly HeaderChange[]): void {
    if (changes.length > 0) this.steps.push(this.#placed({ verdict: "changed", kind: "headers", subject, changes }));
  }

  #placed<T extends Step>(step: T): T {
    return step.about !== undefined || this.around === undefined ? step : { ...step, about: this.around };
  }

  draw(draw: Draw): number {
    const counts = draw.options.map((option) => option.count);
    const odds = oddsOf(draw.source === "own" ? [] : this.#ranges, draw.of, counts);
    const scripted = this.#script.at(this.drawn.length);
    const option = scripted ?? odds.indexOf(Math.max(...odds));
    const from = counts.slice(0, option).reduce((sum, count) => sum + count, 0);
    if (draw.source === "stream") this.#ranges.push({ of: draw.of, from, count: counts[option] });
    this.probability *= odds[option];
    const step = this.#placed<DrawnDecision>({ ...draw, verdict: "drawn", odds, option });
    this.drawn.push(step);
    this.steps.push(step);
    return option;
  }

  forward(cluster: Cluster, headers: HeaderMap, end: boolean, upgrade: string): void {
    const options = cluster instanceof ClusterImpl ? cluster.upstream : { absoluteUrl: false, properCase: false };
    const head = requestHead(headers, end, upgrade, options, { chunked: false, remaining: -1 });
    this.forwarded = { cluster: cluster.name, hosts: cluster.spread?.() ?? [], head: head.trimEnd().split("\r\n") };
  }

  /** The scripts of the courses that leave this one at a draw that was not scripted. */
  get alternatives(): readonly (readonly number[])[] {
    const out: (readonly number[])[] = [];
    for (let i = this.#script.length; i < this.drawn.length; i++) {
      const before = this.drawn.slice(0, i).map((step) => step.option);
      this.drawn[i].odds.forEach((odds, option) => {
        if (odds > 0 && option !== this.drawn[i].option) out.push([...before, option]);
      });
    }
    return out;
  }
}
