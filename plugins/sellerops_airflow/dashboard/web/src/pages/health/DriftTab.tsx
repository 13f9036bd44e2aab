import { Stack } from "@chakra-ui/react";

import { AirflowLink, type Answer, type Column, DataTable, Day, EmptyState, Moment, Section, ServerLink, StatusBadge, Units, csvAddress, useApi, useScope, useTable } from "../../components";

type Change = Answer<"/api/health/drift">["rows"][number];
type Reject = Answer<"/api/health/rejects">["rows"][number];

const KINDS: Record<string, string> = {
  added: "new column", dropped: "column no longer stored", duplicated: "column appears twice", missing: "column is gone", personal: "undeclared personal data",
};

const CHANGES: Column<Change>[] = [
  { key: "report", header: "Report", cell: (row) => row.report },
  { key: "table_name", header: "Table", cell: (row) => row.table_name },
  { key: "column_name", header: "Column", cell: (row) => row.column_name },
  { key: "kind", header: "What changed", cell: (row) => <StatusBadge status={KINDS[row.kind] ?? row.kind} tone={row.kind === "added" ? "info" : "warning"} /> },
  { key: "account_id", header: "Account", cell: (row) => row.account_id ?? "" },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  { key: "seen_at", header: "Seen", cell: (row) => <Moment value={row.seen_at} /> },
  { key: "run_path", header: "Run", sortable: false, cell: (row) => row.run_path && <AirflowLink to={row.run_path}>Run</AirflowLink> },
];

const REJECTS: Column<Reject>[] = [
  { key: "report", header: "Report", cell: (row) => row.report },
  { key: "table_name", header: "Table", cell: (row) => row.table_name },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  { key: "rejected", header: "Rejected rows", align: "end", cell: (row) => <Units value={row.rejected} /> },
  { key: "rows_in_file", header: "Rows in the file", align: "end", cell: (row) => <Units value={row.rows_in_file} /> },
  { key: "first_day", header: "Days", cell: (row) => (row.first_day ? <><Day value={row.first_day} style="short" />{row.last_day !== row.first_day && <> – <Day value={row.last_day} style="short" /></>}</> : "") },
  { key: "recorded_at", header: "Loaded", cell: (row) => <Moment value={row.recorded_at} /> },
  {
    key: "ledger_path", header: "Reasons", sortable: false,
    cell: (row) => (row.ledger_path ? <ServerLink to={row.ledger_path}>Ledger entry</ServerLink> : row.run_path ? <AirflowLink to={row.run_path}>Run</AirflowLink> : `load ${row.load_id}`),
  },
];

/** Schema drift, and rows that could not be stored. */
export const DriftTab = () => {
  const { query } = useScope();
  const changes = useTable({ name: "drift", sort: "seen_at" });
  const rejects = useTable({ name: "rejects", sort: "recorded_at" });
  const changed = { ...query, ...changes.query };
  const rejected = { ...query, ...rejects.query };
  return (
    <Stack gap={4}>
      <Section title="Rejected rows" lead="Rows that could not be stored, by load. Their reasons, without their content, are in the ledger entry.">
        <DataTable
          caption="Loads with rejected rows" columns={REJECTS} result={useApi("/api/health/rejects", { query: rejected })} rowKey={(row) => String(row.load_id)} state={rejects}
          csv={csvAddress("/api/health/rejects", rejected)} search="report or table"
          empty={<EmptyState title="No row was rejected">Every row of the documents loaded in this period is stored.</EmptyState>}
        />
      </Section>
      <Section title="Schema drift" lead="Columns that appeared in documents or disappeared from them. New ones are stored as text; declare them in the report's YAML to give them a type.">
        <DataTable
          caption="Changed columns" columns={CHANGES} result={useApi("/api/health/drift", { query: changed })} rowKey={(row) => String(row.id)} state={changes}
          csv={csvAddress("/api/health/drift", changed)} search="report, table or column"
          empty={<EmptyState title="No column changed">Documents in this period have the same columns as before.</EmptyState>}
        />
      </Section>
    </Stack>
  );
};
