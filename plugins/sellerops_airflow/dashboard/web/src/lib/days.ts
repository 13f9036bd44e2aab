/** Arithmetic with ISO days; no time zones. */

const MS = 86_400_000;
const ms = (iso: string) => Date.parse(`${iso}T00:00:00Z`);

export const addDays = (iso: string, days: number) => new Date(ms(iso) + days * MS).toISOString().slice(0, 10);
export const daysBetween = (from: string, to: string) => Math.round((ms(to) - ms(from)) / MS);
export const isDay = (text: string | null | undefined): text is string =>
  !!text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(ms(text)) && addDays(text, 0) === text;

/** All days from the first to the last, both included. */
export const daysOf = (start: string, end: string) =>
  Array.from({ length: Math.max(0, daysBetween(start, end) + 1) }, (_, index) => addDays(start, index));

export const monthStart = (iso: string) => `${iso.slice(0, 7)}-01`;
