/** One benchmark of a `*.bench.ts` module, which exports an array of them. */
export interface Micro {
  /** What is measured, such as "parse a head of 10 headers". */
  name: string;
  /** Called many times; synchronous. Keep its result reachable, so that the compiler cannot leave the work out. */
  fn: () => void;
  /** Called once before it is measured. */
  before?: () => void;
  /** Operations that one call does, when it is not one. */
  operations?: number;
}
