import { describe, expect, it } from "vitest";

import { axisText, changeText, day, moment, money, percent, points, toNumber, units } from "./format";

describe("money", () => {
  it("always says the currency", () => {
    expect(money("1234.5", "EUR")).toBe("€1,234.50");
    expect(money("1234.5", "CAD")).toBe("CA$1,234.50");
    expect(money("1234.5", "JPY")).toBe("¥1,235");
    expect(money("3", "")).toBe("3.00");
  });
  it("is short from 10,000 on", () => {
    expect(money(9999.99, "USD", { compact: true })).toBe("$9,999.99");
    expect(money("12345.6", "USD", { compact: true })).toBe("$12.3K");
    expect(money(-2_500_000, "USD", { compact: true })).toBe("−$2.5M");
  });
  it("has a real minus, and a plus where it is asked for", () => {
    expect(money("-0.5", "GBP")).toBe("−£0.50");
    expect(money("5", "GBP", { signed: true })).toBe("+£5.00");
    expect(money("0", "GBP", { signed: true })).toBe("£0.00");
  });
  it.each([null, undefined, "", "n/a"])("is unknown, never zero: %s", (value) => expect(money(value, "EUR")).toBe("—"));
});

describe("units and percent", () => {
  it("rounds units unless digits are wanted", () => {
    expect(units("1234.6")).toBe("1,235");
    expect(units(1.25, { digits: 2 })).toBe("1.25");
    expect(units(0)).toBe("0");
    expect(units(15_300, { compact: true })).toBe("15.3K");
  });
  it("takes shares", () => {
    expect(percent("0.1234")).toBe("12.3%");
    expect(percent(-0.05, { digits: 0 })).toBe("−5%");
    expect(points(0.0123)).toBe("+1.2 pp");
    expect(points(-0.02)).toBe("−2.0 pp");
  });
});

describe("changeText", () => {
  it("is relative to the size of what was before", () => {
    expect(changeText("money", "120", "100")).toBe("+20%");
    expect(changeText("money", "-50", "-100")).toBe("+50%");
  });
  it("is in points between shares", () => expect(changeText("percent", 0.25, 0.2)).toBe("+5.0 pp"));
  it("says nothing where nothing can be said", () => {
    expect(changeText("money", "5", "0")).toBeNull();
    expect(changeText("units", null, 3)).toBeNull();
  });
});

describe("days", () => {
  it("does not move with the time zone", () => {
    expect(day("2026-11-20")).toBe("Nov 20, 2026");
    expect(day("2026-01-01", "weekday")).toBe("Thu, Jan 1");
    expect(day("2026-01-01", "short")).toBe("Jan 1");
    expect(day(null)).toBe("—");
  });
  it("writes moments in UTC", () => expect(moment("2026-11-20T23:05:00Z")).toBe("Nov 20, 23:05 UTC"));
});

it("writes ticks without decimals that say nothing", () => {
  expect(axisText("money", 0, "EUR")).toBe("€0");
  expect(axisText("money", 0.5, "EUR")).toBe("€0.50");
  expect(axisText("money", 30_000, "EUR")).toBe("€30K");
  expect(axisText("percent", 0.05)).toBe("5%");
  expect(axisText("units", 2.5)).toBe("2.5");
});

it("reads decimal strings", () => {
  expect(toNumber("10.50")).toBe(10.5);
  expect(toNumber("0")).toBe(0);
});
