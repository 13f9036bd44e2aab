import type { Answer } from "../../api/hooks";

export type Why = Answer<"/api/why">;
export type WhyInput = Why["inputs"][number];

/** What picks the rows of a figure, as the API's parameters. */
export interface RowKeys {
  account?: string[];
  marketplace?: string[];
  start?: string;
  end?: string;
  /** Further columns, as "column:value". */
  key?: string[];
}

/** A figure that the drawer shows; `name` is what it is called there. */
export interface Step {
  name: string;
  mart: string;
  column: string;
  keys: RowKeys;
}

const ACCOUNT = ["account", "account_id", "accounts"];
const MARKETPLACE = ["marketplace", "marketplace_id", "marketplaces"];

/** The parameters of columns and their values; `dayColumn` is what the mart calls its day. Empty values of a scope mean all. */
export const rowKeys = (columns: Record<string, string | readonly string[]>, dayColumn = "day"): RowKeys => {
  const keys: RowKeys = {};
  for (const [column, value] of Object.entries(columns)) {
    const values = typeof value === "string" ? [value] : [...value];
    if (ACCOUNT.includes(column)) keys.account = values;
    else if (MARKETPLACE.includes(column)) keys.marketplace = values;
    else if (column === dayColumn || column === "day") [keys.start, keys.end] = [values[0], values[0]];
    else if (column === "start" || column === "end") keys[column] = values[0];
    else for (const each of values) keys.key = [...(keys.key ?? []), `${column}:${each}`];
  }
  return keys;
};

/** The keys of an input as the API names them. */
export const keysOfInput = (keys: WhyInput["keys"]): RowKeys => ({
  account: keys.account,
  marketplace: keys.marketplace,
  start: keys.start ?? undefined,
  end: keys.end ?? undefined,
  key: keys.key,
});

/** The keys as people read them, as "sku A · Nov 20". */
export const keysText = (keys: RowKeys, day: (iso: string) => string) => {
  const days = keys.start && keys.end ? (keys.start === keys.end ? [day(keys.start)] : [`${day(keys.start)} – ${day(keys.end)}`]) : [];
  const more = (keys.key ?? []).map((each) => each.replace(":", " "));
  return [...(keys.account ?? []), ...days, ...more].filter(Boolean).join(" · ");
};
