import { type Answer, type Column, DataTable, EmptyState, HubLink, Moment, Units, csvAddress, useApi, useScope, useTable } from "../../components";

type Row = Answer<"/api/shipments/differences">["rows"][number];
const PATH = "/api/shipments/differences";

const COLUMNS: Column<Row>[] = [
  { key: "sku", header: "SKU", cell: (row) => row.sku },
  { key: "difference", header: "Difference", align: "end", help: "Received minus shipped.", cell: (row) => <Units value={row.difference} signed /> },
  { key: "shipped", header: "Shipped", align: "end", cell: (row) => <Units value={row.shipped} /> },
  { key: "received", header: "Received", align: "end", cell: (row) => <Units value={row.received} reason="nothing counted yet" /> },
  { key: "name", header: "Shipment", cell: (row) => <HubLink to="shipments" params={{ run: String(row.inbound_run_id), show: "all" }}>{row.name}</HubLink> },
  { key: "confirmation_id", header: "Amazon's id", cell: (row) => row.confirmation_id ?? row.shipment_id },
  { key: "warehouse_id", header: "Warehouse", cell: (row) => row.warehouse_id ?? "" },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  { key: "since", header: "Delivered", cell: (row) => <Moment value={row.since} /> },
  { key: "difference_reported_at", header: "Notice sent", cell: (row) => <Moment value={row.difference_reported_at} /> },
];

/** SKUs of which Amazon received other units than were shipped. */
export const DifferencesTab = () => {
  const { query } = useScope();
  const state = useTable({ name: "differences", sort: "difference", direction: "asc" });
  const asked = { ...query, ...state.query };
  return (
    <DataTable
      caption="Units received and shipped" columns={COLUMNS} result={useApi(PATH, { query: asked })} rowKey={(row) => `${row.shipment_id}|${row.sku}`} state={state} csv={csvAddress(PATH, asked)}
      search="SKU or shipment" empty={<EmptyState title="No differences">Amazon received everything that was shipped.</EmptyState>}
    />
  );
};
