let keep: unknown;
export const benches = [
  {
    name: "nothing",
    fn: () => {
      keep = 1;
    },
  },
  {
    name: "array of 10 numbers",
    fn: () => {
      keep = [1, 2, 3, 4, 5, 6, 7, 8, 9, Math.random()];
    },
  },
  {
    name: "object {a,b}",
    fn: () => {
      keep = { a: keep === undefined, b: 2 };
    },
  },
  {
    name: "1 KiB Uint8Array",
    fn: () => {
      keep = new Uint8Array(32);
    },
  },
];
export { keep };
