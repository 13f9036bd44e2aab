import { Checkbox } from "@chakra-ui/react";

import { type Answer, type Column, DataTable, Day, EmptyState, HubLink, Moment, StatusBadge, Units, csvAddress, useApi, useQueryParam, useScope, useTable } from "../../components";

type Row = Answer<"/api/health/freshness">["rows"][number];
const PATH = "/api/health/freshness";

const COLUMNS: Column<Row>[] = [
  { key: "report", header: "Report", cell: (row) => row.report },
  { key: "family", header: "Family", cell: (row) => row.family ?? "" },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  { key: "last_day", header: "Newest day", cell: (row) => <Day value={row.last_day} /> },
  {
    key: "days_behind", header: "Days behind", align: "end", help: "Days from the newest loaded day to today in the marketplace's time zone; 1 means yesterday.",
    cell: (row) => <Units value={row.days_behind} reason="nothing is loaded" />,
  },
  { key: "as_of", header: "Document of", cell: (row) => <Moment value={row.as_of} /> },
  { key: "loaded_at", header: "Loaded", cell: (row) => <Moment value={row.loaded_at} /> },
  {
    key: "newest_state", header: "Last tried", help: "The newest day that a run processed, and its state.",
    cell: (row) => (
      <>
        <Day value={row.newest_day} style="short" /> <StatusBadge status={row.newest_state.toLowerCase().replaceAll("_", " ")} tone={row.newest_state === "LOADED" ? "good" : row.newest_state === "FAILED" ? "bad" : "quiet"} />
      </>
    ),
  },
  { key: "calendar", header: "", sortable: false, cell: (row) => <HubLink to="health" params={{ "cal.q": row.report }} label={`Calendar of ${row.report}`}>Calendar</HubLink> },
];

/** The newest loaded day of each report. */
export const FreshnessTab = () => {
  const { query } = useScope();
  const [behind, setBehind] = useQueryParam("behind");
  const state = useTable({ name: "freshness", sort: "days_behind" });
  const asked = { ...query, ...state.query, behind: behind === "yes" };
  return (
    <DataTable
      caption="Freshness per report" columns={COLUMNS} result={useApi(PATH, { query: asked })} rowKey={(row) => `${row.report}|${row.account_id}|${row.marketplace}`} state={state}
      csv={csvAddress(PATH, asked)} search="report"
      tools={
        <Checkbox.Root size="sm" checked={behind === "yes"} onCheckedChange={(change) => setBehind(change.checked ? "yes" : "")}>
          <Checkbox.HiddenInput />
          <Checkbox.Control />
          <Checkbox.Label>Only behind schedule</Checkbox.Label>
        </Checkbox.Root>
      }
      empty={<EmptyState title={behind === "yes" ? "Nothing is behind its schedule" : "Nothing has been collected yet"}>{behind === "yes" ? "Every report has the days that its schedule calls for." : "Switch on a report's DAG in Airflow."}</EmptyState>}
    />
  );
};
