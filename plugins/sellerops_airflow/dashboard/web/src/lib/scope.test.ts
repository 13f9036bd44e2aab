import { describe, expect, it } from "vitest";

import { addDays, daysBetween, daysOf, isDay } from "./days";
import { parseScope, periodDays, scopeOnly, withScope } from "./scope";

const TODAY = "2026-03-02";
const parse = (text: string) => parseScope(new URLSearchParams(text), TODAY);
const changed = (text: string, change: Parameters<typeof withScope>[1]) => withScope(new URLSearchParams(text), change).toString();

describe("periodDays", () => {
  it.each([
    ["today", "2026-03-02", "2026-03-02"],
    ["yesterday", "2026-03-01", "2026-03-01"],
    ["7d", "2026-02-23", "2026-03-01"],
    ["30d", "2026-01-31", "2026-03-01"],
    ["365d", "2025-03-02", "2026-03-01"],
    ["month", "2026-03-01", "2026-03-01"],
    ["last-month", "2026-02-01", "2026-02-28"],
  ] as const)("%s", (period, start, end) => expect(periodDays(period, TODAY)).toEqual([start, end]));

  it("counts the month of yesterday on the first", () => {
    expect(periodDays("month", "2026-03-01")).toEqual(["2026-02-01", "2026-02-28"]);
    expect(periodDays("last-month", "2026-01-01")).toEqual(["2025-11-01", "2025-11-30"]);
  });
});

describe("parseScope", () => {
  it("is thirty days that end yesterday, against those before, in the reporting currency", () =>
    expect(parse("")).toEqual({
      accounts: [], marketplaces: [], period: "30d", start: "2026-01-31", end: "2026-03-01", compare: "previous", currency: "reporting",
    }));
  it("reads everything", () =>
    expect(parse("account=a&account=b&marketplace=M&start=2026-01-01&end=2026-01-05&compare=year&currency=marketplace")).toEqual({
      accounts: ["a", "b"], marketplaces: ["M"], period: "custom", start: "2026-01-01", end: "2026-01-05", compare: "year", currency: "marketplace",
    }));
  it.each(["start=2026-02-30&end=2026-03-01", "start=2026-01-05&end=2026-01-01", "start=2020-01-01&end=2026-01-01", "period=custom", "period=x&compare=y&currency=z"])(
    "takes what is wrong for left out: %s",
    (text) => expect(parse(text)).toMatchObject({ period: "30d", compare: "previous", currency: "reporting" }),
  );
});

describe("withScope", () => {
  it("leaves defaults out and keeps what is the page's", () =>
    expect(changed("tab=bridge&period=7d", { period: "30d" })).toBe("tab=bridge"));
  it("starts tables over", () => expect(changed("offset=50&lines.offset=100&sort=units", { compare: "year" })).toBe("sort=units&compare=year"));
  it("replaces a period by days and the other way round", () => {
    expect(changed("period=7d", { period: "custom", start: "2026-01-01", end: "2026-01-02" })).toBe("start=2026-01-01&end=2026-01-02");
    expect(changed("start=2026-01-01&end=2026-01-02", { period: "90d" })).toBe("period=90d");
  });
  it("is read back as it was written", () => {
    const search = withScope(new URLSearchParams(), { accounts: ["x"], marketplaces: ["A", "B"], period: "yesterday", compare: "none" });
    expect(parseScope(search, TODAY)).toMatchObject({ accounts: ["x"], marketplaces: ["A", "B"], period: "yesterday", compare: "none" });
  });
  it("is carried to other pages alone", () =>
    expect(scopeOnly(new URLSearchParams("account=a&tab=x&sort=y&period=7d")).toString()).toBe("account=a&period=7d"));
});

describe("days", () => {
  it("crosses months, leap days and clock changes", () => {
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2);
    expect(daysOf("2026-12-31", "2027-01-02")).toEqual(["2026-12-31", "2027-01-01", "2027-01-02"]);
    expect(daysOf("2026-01-02", "2026-01-01")).toEqual([]);
  });
  it("knows days that do not exist", () => {
    expect(isDay("2026-02-29")).toBe(false);
    expect(isDay("2028-02-29")).toBe(true);
    expect(isDay("20260101")).toBe(false);
  });
});
