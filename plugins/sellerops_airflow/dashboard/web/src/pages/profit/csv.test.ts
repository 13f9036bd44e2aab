import { describe, expect, it } from "vitest";

import { csvText } from "./csv";

describe("csvText", () => {
  it("keeps amounts as they are, and what is unknown empty", () => {
    expect(csvText([["Line", "Total"], ["Refunds", "-12.50"], ["CM1", null], ["Units", 3]])).toBe("Line,Total\r\nRefunds,-12.50\r\nCM1,\r\nUnits,3\r\n");
  });
  it("quotes commas, quotes and line ends", () => {
    expect(csvText([['a "b", c', "d\ne"]])).toBe('"a ""b"", c","d\ne"\r\n');
  });
  it("does not let a spreadsheet run a text", () => {
    expect(csvText([["=1+1", "-note", "@x", "+3 days"]])).toBe("'=1+1,'-note,'@x,'+3 days\r\n");
  });
});
