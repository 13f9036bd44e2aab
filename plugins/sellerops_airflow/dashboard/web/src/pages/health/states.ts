import type { Answer, Tone } from "../../components";

type Cell = Answer<"/api/health/calendar/cell">;
export type CellState = Cell["state"];

interface Look {
  name: string;
  /** Besides the colour, for people who do not see it. */
  mark: string;
  color: string;
  tone: Tone;
  means: string;
}

/** How the states of a day look and what they mean, in the order of the legend. */
export const STATES: Record<CellState, Look> = {
  loaded: { name: "Loaded", mark: "", color: "#009E73", tone: "good", means: "The day is loaded, and no run collects it again." },
  restating: {
    name: "Restating", mark: "~", color: "#56B4E9", tone: "info", means: "The day is loaded; the next run collects it again because Amazon still revises it.",
  },
  waiting: { name: "In progress", mark: "…", color: "#F0E442", tone: "info", means: "A run has planned or requested the day." },
  late: { name: "Late", mark: "L", color: "#E69F00", tone: "warning", means: "Amazon has not published the day yet." },
  missing: { name: "Missing", mark: "×", color: "#D55E00", tone: "bad", means: "A run should have collected the day, and none did." },
  failed: { name: "Failed", mark: "!", color: "#D55E00", tone: "bad", means: "The last run for the day failed." },
  quarantined: { name: "Quarantined", mark: "?", color: "#CC79A7", tone: "warning", means: "The document looks implausible and is waiting for your decision." },
  expired: { name: "Expired", mark: "†", color: "#A6A6A6", tone: "quiet", means: "Amazon no longer serves the day, so no run can collect it." },
  not_due: { name: "Not due", mark: "", color: "transparent", tone: "quiet", means: "No run was due for the day." },
  off: { name: "Off", mark: "·", color: "transparent", tone: "quiet", means: "The report is switched off, or its DAG is paused." },
};

export const CELL_STATES = Object.keys(STATES) as CellState[];
/** Days that somebody may have to do something about. */
export const TROUBLE: CellState[] = ["missing", "failed", "quarantined", "late", "expired"];

export interface CellKey {
  report: string;
  account_id: string;
  marketplace_id: string;
  day: string;
}

/** A cell as one parameter of the URL, and back. */
export const cellText = (key: CellKey) => [key.report, key.account_id, key.marketplace_id, key.day].join("|");
export const cellOf = (text: string): CellKey | null => {
  const [report, account_id, marketplace_id, day] = text.split("|");
  return report && account_id && marketplace_id !== undefined && day ? { report, account_id, marketplace_id, day } : null;
};
