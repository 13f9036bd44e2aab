/** The scope in the URL: accounts, marketplaces, period, comparison, currency. */
import { addDays, daysBetween, isDay, monthStart } from "./days";

export type Comparison = "none" | "previous" | "year";
export type ScopeCurrency = "reporting" | "marketplace";

export const PERIODS = {
  today: "Today so far",
  yesterday: "Yesterday",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
  "90d": "Last 90 days",
  month: "This month",
  "last-month": "Last month",
  "365d": "Last 365 days",
  custom: "Custom period",
} as const;
export type Period = keyof typeof PERIODS;

export const COMPARISONS: Record<Comparison, string> = {
  previous: "The period before",
  year: "A year before",
  none: "Nothing",
};
export const CURRENCIES: Record<ScopeCurrency, string> = {
  reporting: "Reporting currency",
  marketplace: "Marketplace currency",
};

export const DEFAULT_PERIOD: Period = "30d";
/** The API refuses longer ones. */
export const LONGEST_DAYS = 800;

export interface Scope {
  accounts: string[];
  marketplaces: string[];
  period: Period;
  /** First and last day, both included. */
  start: string;
  end: string;
  compare: Comparison;
  currency: ScopeCurrency;
}

/** First and last day of a period; periods end yesterday, because today is not over. */
export const periodDays = (period: Exclude<Period, "custom">, today: string): [string, string] => {
  const yesterday = addDays(today, -1);
  switch (period) {
    case "today":
      return [today, today];
    case "yesterday":
      return [yesterday, yesterday];
    case "month":
      return [monthStart(yesterday), yesterday];
    case "last-month": {
      const last = addDays(monthStart(yesterday), -1);
      return [monthStart(last), last];
    }
    default:
      return [addDays(yesterday, 1 - parseInt(period, 10)), yesterday];
  }
};

const oneOf = <T extends string>(value: string | null, known: Record<T, string>, otherwise: T): T =>
  value !== null && value in known ? (value as T) : otherwise;

/** Read the scope of an address; what is wrong in it counts as left out. */
export const parseScope = (search: URLSearchParams, today: string): Scope => {
  const [start, end] = [search.get("start"), search.get("end")];
  const length = isDay(start) && isDay(end) ? daysBetween(start, end) : -1;
  const custom = length >= 0 && length < LONGEST_DAYS;
  let period = oneOf(search.get("period"), PERIODS, custom ? "custom" : DEFAULT_PERIOD);
  if (period === "custom" && !custom) period = DEFAULT_PERIOD;
  const days = period === "custom" ? [start as string, end as string] : periodDays(period, today);
  return {
    accounts: search.getAll("account"),
    marketplaces: search.getAll("marketplace"),
    period,
    start: days[0] as string,
    end: days[1] as string,
    compare: oneOf(search.get("compare"), COMPARISONS, "previous"),
    currency: oneOf(search.get("currency"), CURRENCIES, "reporting"),
  };
};

/** Put changes into an address; defaults are left out, the page's own parameters stay, paging starts over. */
export const withScope = (search: URLSearchParams, change: Partial<Scope>): URLSearchParams => {
  const next = new URLSearchParams(search);
  const list = (name: string, values: string[]) => {
    next.delete(name);
    for (const value of values) next.append(name, value);
  };
  const put = (name: string, value: string, normal?: string) =>
    value === normal ? next.delete(name) : next.set(name, value);
  if (change.accounts) list("account", change.accounts);
  if (change.marketplaces) list("marketplace", change.marketplaces);
  if (change.compare) put("compare", change.compare, "previous");
  if (change.currency) put("currency", change.currency, "reporting");
  if (change.period && change.period !== "custom") {
    put("period", change.period, DEFAULT_PERIOD);
    next.delete("start");
    next.delete("end");
  } else if (change.start && change.end) {
    next.delete("period");
    next.set("start", change.start);
    next.set("end", change.end);
  }
  for (const name of [...next.keys()]) if (name === "offset" || name.endsWith(".offset")) next.delete(name);
  return next;
};

const SCOPE_NAMES = ["account", "marketplace", "period", "start", "end", "compare", "currency"];

/** Only the scope of an address, to carry it to another page. */
export const scopeOnly = (search: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...search].filter(([name]) => SCOPE_NAMES.includes(name)));
