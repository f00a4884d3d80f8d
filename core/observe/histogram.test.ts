import { describe, expect, test } from "vitest";
import { DEFAULT_BUCKETS, HistogramSeries } from "./histogram.ts";

function recorded(...values: number[]): HistogramSeries {
  const histogram = new HistogramSeries("h", "h", [], DEFAULT_BUCKETS);
  for (const value of values) histogram.record(value);
  return histogram;
}

describe("quantiles are Envoy's", () => {
  // What Envoy 1.40 printed for the same values.
  test.each([
    [
      [0, 0, 0, 0, 1],
      [0, 0, 0, 0, 1.05, 1.05, 1.05, 1.05, 1.05, 1.05],
    ],
    [
      [0, 0, 1, 1, 3],
      [0, 0, 1.03333333333333, 1.06666666666667, 3.05, 3.05, 3.05, 3.05, 3.05, 3.05],
    ],
    [
      [1, 1, 1, 1, 1],
      [1.01666666666667, 1.03333333333333, 1.05, 1.06666666666667, ...Array<number>(6).fill(1.08333333333333)],
    ],
    [[12], Array<number>(10).fill(12.5)],
  ])("of %j", (values, quantiles) => {
    expect(recorded(...values).quantiles(false)).toEqual(quantiles);
  });

  test("without values there are none", () => {
    expect(recorded().quantiles(false)).toEqual(Array<number>(10).fill(NaN));
  });
});

describe("bins have two significant digits", () => {
  test.each([
    [0, 0, 0],
    [-5, 0, 0],
    [NaN, 0, 0],
    [0.0005, 0, 0],
    [0.001, 0.001, 0.0001],
    [0.35, 0.35, 0.01],
    [0.999, 0.99, 0.01],
    [1, 1, 0.1],
    [9.99, 9.9, 0.1],
    [10, 10, 1],
    [12345, 12000, 1000],
    [3_600_000, 3_600_000, 100_000],
    [1e20, 9.9e11, 1e10],
    [Infinity, 9.9e11, 1e10],
  ])("%d", (value, lower, width) => {
    expect(recorded(value).bins(false)).toEqual([{ lower, width, count: 1 }]);
  });

  test("every bound of a bin falls into its bin", () => {
    for (let exponent = -2; exponent <= 6; exponent++) {
      for (let mantissa = 10; mantissa < 100; mantissa++) {
        const value = Number(`${mantissa}e${exponent - 1}`);
        expect(recorded(value * 1.0001).bins(false)[0].lower).toBe(value);
      }
    }
  });
});

describe("HistogramSeries", () => {
  test("buckets count what is not above them", () => {
    const histogram = recorded(0, 0.4, 0.5, 1, 4, 5, 70_000_000);
    expect(histogram.cumulativeBuckets(false, [0.5, 1, 5, 10])).toEqual([3, 4, 6, 6]);
    expect(histogram.count).toBe(7);
    expect(histogram.sum).toBe(70_000_010.9);
  });

  test("a flush closes an interval", () => {
    const histogram = recorded(1, 2);
    expect(histogram.bins(true)).toEqual([]);
    histogram.flush();
    expect(histogram.bins(true).map((bin) => bin.lower)).toEqual([1, 2]);
    histogram.record(2);
    histogram.record(300);
    expect(histogram.bins(true).map((bin) => bin.lower)).toEqual([1, 2]);
    histogram.flush();
    expect(histogram.bins(true)).toEqual([
      { lower: 2, width: 0.1, count: 1 },
      { lower: 300, width: 10, count: 1 },
    ]);
    histogram.flush();
    expect(histogram.quantiles(true)[0]).toBeNaN();
    expect(histogram.bins(false).map((bin) => bin.count)).toEqual([1, 2, 1]);
  });

  test("export and merge add up", () => {
    const total = recorded(5);
    total.merge(recorded(0, 5, 7000).export());
    total.merge({ zeros: 1, sum: 2, bins: [-1, 5, 1e9, 5] });
    expect(total.bins(false).map(({ lower, count }) => [lower, count])).toEqual([
      [0, 2],
      [5, 2],
      [7000, 1],
    ]);
    expect([total.count, total.sum]).toEqual([5, 7012]);
  });
});
