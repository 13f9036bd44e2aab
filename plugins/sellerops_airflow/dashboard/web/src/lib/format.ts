/** Numbers and days as text. Values come as the API sends them: amounts are decimal strings, unknown is null. */

export type Value = string | number | null | undefined;

export const UNKNOWN = "—";
const MINUS = "−";
const COMPACT_FROM = 10_000;

/** Airflow's language decides how numbers and days are written. */
export const locale = () => globalThis.document?.documentElement.lang || "en";

export const toNumber = (value: Value): number | null => {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
};

const cache = new Map<string, Intl.NumberFormat>();
const formatter = (options: Intl.NumberFormatOptions) => {
  const key = locale() + JSON.stringify(options);
  let made = cache.get(key);
  if (!made) cache.set(key, (made = new Intl.NumberFormat(locale(), options)));
  return made;
};

interface Style {
  /** 12,345 as 12.3K, from 10,000; for tiles and axes. */
  compact?: boolean;
  /** With a plus before gains. */
  signed?: boolean;
}

const write = (number: number, options: Intl.NumberFormatOptions, { compact, signed }: Style = {}) => {
  const short = compact && Math.abs(number) >= COMPACT_FROM;
  return formatter({
    ...options,
    ...(short ? { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 } : {}),
    ...(signed ? { signDisplay: "exceptZero" } : {}),
  })
    .format(number)
    .replace("-", MINUS);
};

/** "€1,234.50"; without a currency the plain number. */
export const money = (value: Value, currency: string | null | undefined, style?: Style) => {
  const number = toNumber(value);
  if (number === null) return UNKNOWN;
  if (!currency) return write(number, { minimumFractionDigits: 2, maximumFractionDigits: 2 }, style);
  return write(number, { style: "currency", currency }, style);
};

/** "1,234"; up to `digits` decimals. */
export const units = (value: Value, style?: Style & { digits?: number }) => {
  const number = toNumber(value);
  return number === null ? UNKNOWN : write(number, { maximumFractionDigits: style?.digits ?? 0 }, style);
};

/** A share (0.123) as "12.3%". */
export const percent = (value: Value, style?: Style & { digits?: number }) => {
  const number = toNumber(value);
  const digits = style?.digits ?? 1;
  if (number === null) return UNKNOWN;
  return write(number, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }, { signed: style?.signed });
};

/** A difference of two shares (0.012) as "+1.2 pp". */
export const points = (value: Value) => {
  const number = toNumber(value);
  return number === null ? UNKNOWN : `${write(number * 100, { minimumFractionDigits: 1, maximumFractionDigits: 1 }, { signed: true })} pp`;
};

const dayOf = (iso: string) => new Date(`${iso.slice(0, 10)}T00:00:00Z`);

/** "Nov 20, 2026"; short: "Nov 20"; weekday: "Fri, Nov 20". */
export const day = (iso: string | null | undefined, style: "long" | "short" | "weekday" = "long") => {
  if (!iso) return UNKNOWN;
  const options: Intl.DateTimeFormatOptions = { timeZone: "UTC", month: "short", day: "numeric" };
  if (style === "long") options.year = "numeric";
  if (style === "weekday") options.weekday = "short";
  return new Intl.DateTimeFormat(locale(), options).format(dayOf(iso));
};

/** "Nov 20, 14:05 UTC". */
export const moment = (iso: string | null | undefined) => {
  if (!iso) return UNKNOWN;
  const options: Intl.DateTimeFormatOptions = {
    timeZone: "UTC", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  };
  return `${new Intl.DateTimeFormat(locale(), options).format(new Date(iso))} UTC`;
};

export type Kind = "money" | "units" | "percent";

/** A value of any kind as text. `currency` is only for money. */
export const valueText = (kind: Kind, value: Value, currency?: string | null, style?: Style) =>
  kind === "money" ? money(value, currency, style) : kind === "units" ? units(value, style) : percent(value, style);

/** A round value at an axis: short, without decimals that say nothing. */
export const axisText = (kind: Kind, value: number, currency?: string | null) => {
  const whole = Number.isInteger(value);
  const style: Style = { compact: true };
  if (kind === "percent") return percent(value, { digits: Number.isInteger(Math.round(value * 1e6) / 1e4) ? 0 : 1 });
  if (kind === "units") return units(value, { ...style, digits: whole ? 0 : 2 });
  return currency && whole
    ? write(value, { style: "currency", currency, maximumFractionDigits: 0 }, style)
    : money(value, currency, style);
};

/** How `now` differs from `before`: percent, or percentage points between shares; null where it cannot be said. */
export const changeText = (kind: Kind, now: Value, before: Value): string | null => {
  const [a, b] = [toNumber(now), toNumber(before)];
  if (a === null || b === null) return null;
  if (kind === "percent") return points(a - b);
  return b === 0 ? null : percent((a - b) / Math.abs(b), { signed: true, digits: 0 });
};
