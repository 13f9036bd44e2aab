import { Box } from "@chakra-ui/react";
import { type CSSProperties, type KeyboardEvent, type MouseEvent, memo, useEffect, useRef, useState } from "react";

import { type Answer, day } from "../../components";
import { CELL_STATES, type CellKey, type CellState, STATES } from "./states";

type Calendar = Answer<"/api/health/calendar">;
type Row = Calendar["rows"][number];

const SIZE = 20;
const CELL: CSSProperties = {
  width: SIZE, height: SIZE, minWidth: SIZE, textAlign: "center", fontSize: 12, lineHeight: `${SIZE}px`, fontWeight: 700, cursor: "pointer", padding: 0,
  border: "1px solid var(--chakra-colors-bg-panel)", borderRadius: 4,
};
const LOOKS = Object.fromEntries(
  CELL_STATES.map((state) => [
    state,
    STATES[state].color === "transparent"
      ? { ...CELL, background: "var(--chakra-colors-bg-muted)", color: "var(--chakra-colors-fg-muted)", opacity: state === "not_due" ? 0.5 : 1 }
      : { ...CELL, background: STATES[state].color, color: "#000" },
  ]),
) as Record<CellState, CSSProperties>;
const MOVES: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

interface GridProps {
  calendar: Calendar;
  open: (key: CellKey) => void;
}

/** Reports by day. Arrow keys walk through the cells, Home and End to the ends of a row; Enter opens one.
 *
 * Plain elements instead of Chakra's, and one listener for all cells: a page has thousands of them.
 */
export const CalendarGrid = ({ calendar, open }: GridProps) => {
  const grid = useRef<HTMLTableElement>(null);
  const box = useRef<HTMLDivElement>(null);
  // The newest days are at the end.
  useEffect(() => {
    if (box.current) box.current.scrollLeft = box.current.scrollWidth;
  }, [calendar.days.length]);
  const { days, rows, letters } = calendar;
  const [at, setAt] = useState<[number, number]>([0, days.length - 1]);
  const placeOf = (event: KeyboardEvent | MouseEvent): [number, number] | null => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-at]");
    const [r, c] = (cell?.dataset.at ?? "").split(",").map(Number);
    return r === undefined || c === undefined || Number.isNaN(c) ? null : [r, c];
  };
  const openAt = ([r, c]: [number, number]) => {
    const [row, which] = [rows[r], days[c]];
    if (row && which) open({ report: row.report, account_id: row.account_id, marketplace_id: row.marketplace_id, day: which });
  };
  const go = (to: [number, number]) => {
    setAt(to);
    grid.current?.querySelector<HTMLElement>(`[data-at="${to.join()}"]`)?.focus();
  };
  const press = (event: KeyboardEvent) => {
    const place = placeOf(event);
    if (!place) return;
    const move = MOVES[event.key];
    const last = days.length - 1;
    if (event.key === "Enter" || event.key === " ") openAt(place);
    else if (event.key === "Home") go([place[0], 0]);
    else if (event.key === "End") go([place[0], last]);
    else if (move) go([bound(place[0] + move[0], rows.length - 1), bound(place[1] + move[1], last)]);
    else return;
    event.preventDefault();
  };
  const click = (event: MouseEvent) => {
    const place = placeOf(event);
    if (!place) return;
    setAt(place);
    openAt(place);
  };
  const first = { position: "sticky", left: 0, zIndex: 1, background: "var(--chakra-colors-bg-panel)", paddingInlineStart: 8 } as const;
  return (
    <Box
      ref={box} overflow="auto" maxH="75vh" borderWidth="1px" borderRadius="md" bg="bg.panel"
      css={{ "& th[scope=row] > span": { display: "block", md: { display: "inline" } } }}
    >
      <table ref={grid} role="grid" aria-label="Completeness by report and day" aria-rowcount={rows.length + 1} onKeyDown={press} onClick={click} style={{ borderCollapse: "separate", borderSpacing: 0 }}>
        <thead style={{ position: "sticky", top: 0, zIndex: 2, background: "var(--chakra-colors-bg-panel)" }}>
          <tr>
            <th scope="col" style={{ ...first, textAlign: "start", fontWeight: 500, fontSize: 13, zIndex: 3 }}>
              Report
            </th>
            {days.map((each, index) => (
              <th key={each} scope="col" title={day(each)} aria-label={day(each)} style={{ fontWeight: 400, fontSize: 11, width: SIZE, maxWidth: SIZE, overflow: "visible", whiteSpace: "nowrap", textAlign: "start" }}>
                <span aria-hidden>{index % 7 === (days.length - 1) % 7 ? day(each, "short") : ""}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <GridRow key={`${row.report}|${row.account_id}|${row.marketplace_id}`} row={row} index={index} days={days} letters={letters} focused={at[0] === index ? at[1] : -1} first={first} />
          ))}
        </tbody>
      </table>
    </Box>
  );
};

const bound = (value: number, last: number) => Math.min(last, Math.max(0, value));

interface RowProps {
  row: Row;
  index: number;
  days: readonly string[];
  letters: Calendar["letters"];
  /** The cell that Tab reaches; −1: none of this row. */
  focused: number;
  first: CSSProperties;
}

const NOTES: Partial<Record<Row["state"], string>> = { off: "off", paused: "paused", never_ran: "never ran", removed: "removed" };

const GridRow = memo(({ row, index, days, letters, focused, first }: RowProps) => {
  const note = NOTES[row.state];
  return (
    <tr>
      <th scope="row" title={`${row.source}.${row.report}`} style={{ ...first, textAlign: "start", fontWeight: 400, fontSize: 13, whiteSpace: "nowrap", paddingInlineEnd: 8, maxWidth: "clamp(9rem, 30vw, 26rem)", overflow: "hidden", textOverflow: "ellipsis" }}>
        {row.report} <span style={{ color: "var(--chakra-colors-fg-muted)" }}>{row.account_id} {row.marketplace}{note ? `, ${note}` : ""}</span>
      </th>
      {days.map((each, column) => {
        const state = letters[row.cells[column] ?? ""] ?? "not_due";
        const look = STATES[state];
        return (
          <td key={each} role="gridcell" data-at={`${index},${column}`} tabIndex={column === focused ? 0 : -1} aria-label={`${day(each, "short")}: ${look.name}`} title={`${row.report} ${row.account_id} ${row.marketplace}, ${day(each, "weekday")}: ${look.name}`} style={LOOKS[state]}>
            {look.mark}
          </td>
        );
      })}
    </tr>
  );
});
GridRow.displayName = "GridRow";
