import { type Answer, type Column, DataTable, EmptyState, HubLink, Moment, Money, StatusBadge, csvAddress, useApi, useScope, useTable } from "../../components";

type Row = Answer<"/api/shipments/deadlines">["rows"][number];
const PATH = "/api/shipments/deadlines";
const KINDS: Record<Row["kind"], string> = {
  void: "Cancel the carrier free of charge",
  delivery_window: "Change the delivery window",
  approval: "Approve, before Amazon's offers expire",
  tracking: "Enter tracking numbers",
  unknown_numbers: "Check tracking numbers that the carrier does not know",
};

const COLUMNS: Column<Row>[] = [
  { key: "kind", header: "What", cell: (row) => KINDS[row.kind] },
  { key: "at", header: "Until", cell: (row) => <><Moment value={row.at} /> {row.has_passed && <StatusBadge status="passed" tone="bad" />}</> },
  { key: "name", header: "Shipment", cell: (row) => <HubLink to="shipments" params={{ run: String(row.inbound_run_id), show: "all" }}>{row.name}</HubLink> },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  { key: "shipments", header: "Amazon's ids", sortable: false, cell: (row) => row.shipments.join(", ") },
  { key: "amount", header: "Amount", align: "end", cell: (row) => (row.amount === null ? "" : <Money value={row.amount} currency={row.currency} />) },
];

/** What can only be done for a while. */
export const DeadlinesTab = () => {
  const { query } = useScope();
  const state = useTable({ name: "deadlines", sort: "at", direction: "asc" });
  const asked = { ...query, ...state.query };
  return (
    <DataTable
      caption="Deadlines of shipments" columns={COLUMNS} result={useApi(PATH, { query: asked })} rowKey={(row) => `${row.kind}|${row.inbound_run_id}|${row.shipments.join()}`} state={state} csv={csvAddress(PATH, asked)}
      empty={<EmptyState title="No deadlines">Nothing is due for any open shipment.</EmptyState>}
    />
  );
};
