import { Button, Checkbox, HStack, Span, Stack, Text } from "@chakra-ui/react";

import { useEffect } from "react";

import { EmptyState, Loaded, LoadingState, Select, SidePanel, units, useApi, useQueryParam, useScope, useTable } from "../../components";
import { CalendarGrid } from "./CalendarGrid";
import { CellPanel } from "./CellPanel";
import { CELL_STATES, type CellState, STATES, cellOf, cellText } from "./states";
import { SearchBox } from "./SearchBox";

const ROWS = 60;

/** The completeness calendar. */
export const CalendarTab = () => {
  const { query } = useScope();
  const [state, setState] = useQueryParam("state");
  const [everything, setEverything] = useQueryParam("everything");
  const [opened, setOpened] = useQueryParam("cell");
  const table = useTable({ name: "cal", sort: "report", limit: ROWS });
  const result = useApi("/api/health/calendar", {
    query: {
      ...query, limit: ROWS, offset: table.offset, everything: everything === "yes", ...(table.q ? { q: table.q } : {}), ...(state ? { state: state as CellState } : {}),
    },
  });
  const cell = cellOf(opened);
  const beyond = table.offset > 0 && result.data !== undefined && !result.isPlaceholderData && result.data.row_count <= table.offset;
  useEffect(() => {
    // Another state or search has fewer pages.
    if (beyond) table.goTo(0);
  });
  const choices = { "": "Any", ...Object.fromEntries(CELL_STATES.map((each) => [each, STATES[each].name])) } as Record<string, string>;
  return (
    <Stack gap={3}>
      <HStack gap={3} align="end" flexWrap="wrap">
        <SearchBox what="report" table={table} />
        <Select label="Rows with a day that is" value={state} options={choices} choose={setState} />
        <Checkbox.Root size="sm" checked={everything === "yes"} onCheckedChange={(change) => setEverything(change.checked ? "yes" : "")} pb={1.5}>
          <Checkbox.HiddenInput />
          <Checkbox.Control />
          <Checkbox.Label>Include reports that are off or never ran</Checkbox.Label>
        </Checkbox.Root>
      </HStack>
      <Legend />
      <Loaded
        result={result}
        loading={<LoadingState lines={12} height="4" />}
        isEmpty={(data) => data.row_count === 0}
        empty={
          <EmptyState title={state ? `No day is ${STATES[state as CellState]?.name.toLowerCase() ?? state}` : "Nothing has been collected yet"}>
            {state
              ? "Choose another state or period."
              : "Switch on a report's DAG in Airflow, for example report__amazon_sp__sales_and_traffic. Tick the box above to see what could be collected."}
          </EmptyState>
        }
      >
        {(data) => (
          <Stack gap={2}>
            {data.days[0] !== undefined && data.days[0] > query.start && (
              <Text fontSize="sm" color="fg.muted">
                The calendar shows the last {data.days.length} days of the period.
              </Text>
            )}
            <CalendarGrid calendar={data} open={(key) => setOpened(cellText(key))} />
            {data.row_count > ROWS && (
              <HStack justify="end" as="nav" aria-label="Pages of the calendar">
                <Text fontSize="sm" color="fg.muted">
                  {units(table.offset + 1)}–{units(Math.min(data.row_count, table.offset + ROWS))} of {units(data.row_count)}
                </Text>
                <Button size="xs" variant="outline" disabled={table.offset === 0} onClick={() => table.goTo(Math.max(0, table.offset - ROWS))}>
                  Previous
                </Button>
                <Button size="xs" variant="outline" disabled={table.offset + ROWS >= data.row_count} onClick={() => table.goTo(table.offset + ROWS)}>
                  Next
                </Button>
              </HStack>
            )}
          </Stack>
        )}
      </Loaded>
      <SidePanel title={cell ? `${cell.report}, ${cell.day}` : ""} open={cell !== null} close={() => setOpened("")}>
        {cell && <CellPanel cell={cell} />}
      </SidePanel>
    </Stack>
  );
};

const Legend = () => (
  <HStack as="ul" gap={3} flexWrap="wrap" fontSize="sm" listStyleType="none" aria-label="States of a day">
    {CELL_STATES.map((state) => {
      const look = STATES[state];
      return (
        <HStack as="li" key={state} gap={1.5} title={look.means}>
          <Span
            aria-hidden w="16px" h="16px" borderRadius="sm" fontSize="xs" lineHeight="16px" textAlign="center" fontWeight="bold"
            color={look.color === "transparent" ? "fg.muted" : "black"} bg={look.color === "transparent" ? "bg.muted" : undefined}
            style={look.color === "transparent" ? undefined : { background: look.color }}
          >
            {look.mark}
          </Span>
          {look.name}
        </HStack>
      );
    })}
  </HStack>
);
