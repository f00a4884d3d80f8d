import type { Problem, Report } from "../core/match/problem.ts";

/**
 * A configuration that fits its schema and still can't be used: an expression that is none, say. Thrown by a filter's `create`, which has no
 * other way to refuse; whoever builds the chain finds the place by `problem.about`.
 */
export class ConfigProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.key === "" ? problem.message : `${problem.key}: ${problem.message}`);
    this.name = "ConfigProblemError";
    this.problem = problem;
  }
}

/** For compilers of core/match: refuses with the first mistake. */
export const refuse: Report = (problem) => {
  throw new ConfigProblemError(problem);
};
