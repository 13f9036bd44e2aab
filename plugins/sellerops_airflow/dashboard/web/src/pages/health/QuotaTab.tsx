import { type Answer, type Column, DataTable, EmptyState, Moment, StatusBadge, Units, csvAddress, useApi, useScope, useTable } from "../../components";

type Row = Answer<"/api/health/quota">["rows"][number];
const PATH = "/api/health/quota";
const EVERY = 30_000;

const COLUMNS: Column<Row>[] = [
  { key: "operation", header: "Operation", cell: (row) => row.operation },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "left", header: "Left now", align: "end", help: "Calls that can be made right now, out of the bucket's burst.", cell: (row) => <><Units value={row.left} digits={1} /> of <Units value={row.burst} /></> },
  { key: "free_at", header: "Next free slot", cell: (row) => (row.left >= 1 ? <StatusBadge status="now" tone="good" /> : <Moment value={row.free_at} />) },
  { key: "full_at", header: "Full again", cell: (row) => (row.left >= row.burst ? "now" : <Moment value={row.full_at} />) },
  { key: "per_minute", header: "Per minute", align: "end", cell: (row) => <><Units value={row.per_minute} digits={2} />{row.is_learned ? " (Amazon's)" : ""}</>, help: "Refill rate of the bucket; “Amazon's”: as its responses state, otherwise as configured." },
  { key: "calls_day", header: "Calls in 24 h", align: "end", cell: (row) => <Units value={row.calls_day} /> },
  { key: "refusals_day", header: "Refused in 24 h", align: "end", cell: (row) => <Units value={row.refusals_day} /> },
  { key: "refused_at", header: "Last refusal", cell: (row) => <Moment value={row.refused_at} /> },
];

/** Amazon's quotas per account and operation; the figures are read again every half minute. */
export const QuotaTab = () => {
  const { query } = useScope();
  const state = useTable({ name: "quota", sort: "free_at" });
  const asked = { ...query, ...state.query };
  return (
    <DataTable
      caption="Quota by account and operation" columns={COLUMNS} result={useApi(PATH, { query: asked, refetchInterval: EVERY })} state={state} csv={csvAddress(PATH, asked)} search="operation"
      rowKey={(row) => `${row.application}|${row.account_id}|${row.operation}`}
      empty={<EmptyState title="No calls to Amazon yet">Each operation appears once a run has called it.</EmptyState>}
    />
  );
};
