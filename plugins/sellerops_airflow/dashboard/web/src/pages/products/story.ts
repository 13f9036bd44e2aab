import type { Answer } from "../../components";

export type StoryData = Answer<"/api/products/{account_id}/story">;
export type StoryDay = StoryData["days"][number];

/** The days of the story, each once, oldest first. */
export const daysOf = (rows: readonly StoryDay[]) => [...new Set(rows.map((row) => row.day))];

/** The row of each day in a currency; a day without amounts has its row without one. */
export const byDay = (rows: readonly StoryDay[], days: readonly string[], currency: string): (StoryDay | undefined)[] => {
  const found = new Map<string, StoryDay>();
  for (const row of rows) {
    if (row.currency === currency) found.set(row.day, row);
    // Stock and visits of the day are the same in every currency's row; its amounts are not.
    else if (!found.has(row.day)) found.set(row.day, { ...row, units: null, product_sales: null, average_price: null, ads: null, cm2: null, status: "complete", missing: [] });
  }
  return days.map((day) => found.get(day));
};
