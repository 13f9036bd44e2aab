import { describe, expect, it } from "vitest";

import { labelEvery, linePath, niceStep, rangeOf, ticksOf } from "./scale";

describe("rangeOf", () => {
  it("has zero in it and round ends", () => {
    expect(rangeOf([12, 87, null])).toEqual({ low: 0, high: 100 });
    expect(rangeOf([-3, 9])).toEqual({ low: -5, high: 10 });
    expect(rangeOf([-40, -10])).toEqual({ low: -40, high: 0 });
  });
  it("stands nothing known and nothing but zeros", () => {
    expect(rangeOf([])).toEqual({ low: 0, high: 1 });
    expect(rangeOf([0, null, undefined, NaN])).toEqual({ low: 0, high: 1 });
  });
  it.each([0.003, 0.7, 3, 18, 26, 999, 123_456])("holds %d between its ticks", (value) => {
    const range = rangeOf([value, -value / 3]);
    const ticks = ticksOf(range);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(value * 0.999999);
    expect(ticks[0]).toBeLessThanOrEqual(-value / 3);
    expect(ticks).toContain(0);
    expect(ticks.length).toBeLessThan(9);
  });
});

it("steps by 1, 2, 2.5 and 5", () => expect([1.2, 2.2, 3, 7, 0.012].map(niceStep)).toEqual([2, 2.5, 5, 10, 0.02]));

it("writes as many labels as fit", () => {
  expect(labelEvery(30, 10)).toBe(3);
  expect(labelEvery(5, 10)).toBe(1);
  expect(labelEvery(5, 0)).toBe(5);
});

it("lifts the pen where a value is unknown", () =>
  expect(linePath([[0, 1], [2, 3], null, [4, 5]])).toBe("M0.0,1.0L2.0,3.0M4.0,5.0"));
