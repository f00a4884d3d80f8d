/** Numbers that a draw modulo `of` must be among for what was decided: from `from` on, `count` of them. */
export interface DrawnRange {
  readonly of: number;
  readonly from: number;
  readonly count: number;
}

/** Draws repeat after so many numbers at most when odds are counted; beyond it decisions are taken as independent. */
const MOST_COUNTED = 100_000;

/**
 * The odds of each option, given what the same number has decided before: fractions and weights of one stream look at one number, so that 50 % of 50 % may as
 * well be all or nothing.
 * @param before what was decided by the number so far. @param counts of the options, which share the numbers below `of`.
 */
export function oddsOf(before: readonly DrawnRange[], of: number, counts: readonly number[]): readonly number[] {
  const plain = counts.map((count) => count / of);
  if (before.length === 0) return plain;
  let period = of;
  for (const range of before) {
    period = (period / gcd(period, range.of)) * range.of;
    if (period > MOST_COUNTED) return plain;
  }
  const hits = counts.map(() => 0);
  let all = 0;
  for (let draw = 0; draw < period; draw++) {
    if (!before.every((range) => isWithin(draw, range))) continue;
    all++;
    let left = draw % of;
    for (let i = 0; i < counts.length; i++) {
      left -= counts[i];
      if (left >= 0) continue;
      hits[i]++;
      break;
    }
  }
  return hits.map((hit) => (all === 0 ? 0 : hit / all));
}

function isWithin(draw: number, { of, from, count }: DrawnRange): boolean {
  const rest = draw % of;
  return rest >= from && rest < from + count;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
