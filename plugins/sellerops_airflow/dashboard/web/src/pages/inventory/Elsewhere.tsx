import { Button, HStack, Text } from "@chakra-ui/react";

import { type Answer, type Column, ConfirmDialog, DataTable, Day, EmptyState, Select, StatusBadge, Units, csvAddress, useApi, useHubContext, useQueryParam, useScope, useTable, useWrite } from "../../components";
import { KINDS, READ_AGAIN, type Stock, StockDialog, keyOf } from "./StockDialog";

const PAST = { "": "Valid today or later", yes: "Including past rows" };
const SHOWN = { "": "Both", ...KINDS };

const columnsOf = (owner: boolean): (Column<Stock> | false)[] => [
  { key: "sku", header: "SKU", cell: (row) => <Text title={row.title ?? undefined}>{row.sku}</Text> },
  { key: "kind", header: "What", cell: (row) => KINDS[row.kind as keyof typeof KINDS] ?? row.kind },
  { key: "reference", header: "Warehouse or order", cell: (row) => row.reference || "—" },
  { key: "quantity", header: "Units", align: "end", cell: (row) => <Units value={row.quantity} />, total: (row) => <Units value={row.quantity} reason="no row is valid today" /> },
  { key: "valid_from", header: "Counted or ordered", cell: (row) => <Day value={row.valid_from} /> },
  { key: "valid_to", header: "Until", cell: (row) => (row.valid_to ? <Day value={row.valid_to} /> : row.is_valid ? "the next count" : "—") },
  { key: "expected_date", header: "At Amazon on", cell: (row) => <Day value={row.expected_date} /> },
  { key: "supplier", header: "Supplier", cell: (row) => row.supplier ?? "—" },
  { key: "note", header: "Remark", sortable: false, cell: (row) => row.note ?? "" },
  { key: "is_valid", header: "State", cell: (row) => <StatusBadge status={row.is_valid ? "valid today" : "not valid today"} tone={row.is_valid ? "good" : "quiet"} />, total: () => null },
  owner && { key: "account_id", header: "Change", sortable: false, cell: (row) => <Actions row={row} />, total: () => null },
];

/** Stock that Amazon does not know of: what is not here is ordered again. */
export const Elsewhere = () => {
  const scope = useScope();
  const owner = useHubContext().data?.user.is_owner ?? false;
  const state = useTable({ name: "own", sort: "sku", direction: "asc" });
  const [kind, setKind] = useQueryParam("kind");
  const [past, setPast] = useQueryParam("past");
  const query = {
    ...scope.query,
    ...state.query,
    ...(kind ? { kind: kind as Answer<"/api/inventory/elsewhere">["rows"][number]["kind"] & ("warehouse" | "purchase_order") } : {}),
    ...(past ? { past: true } : {}),
  };
  const result = useApi("/api/inventory/elsewhere", { query });
  return (
    <>
      <Text fontSize="sm" color="fg.muted">
        Units in your warehouses and in open purchase orders. Units that are missing here are ordered again. A new count of a SKU ends the previous one.
      </Text>
      <DataTable
        caption="Stock in your warehouses and on order" columns={columnsOf(owner)} result={result} state={state} search="SKU, warehouse or title"
        rowKey={(row) => Object.values(keyOf(row)).join("|")} csv={csvAddress("/api/inventory/elsewhere", query)}
        empty={
          <EmptyState title="Nothing entered yet">
            {owner ? "Add a count with the button above, or import table stock_elsewhere as CSV." : "An owner can enter counts here."}
          </EmptyState>
        }
        tools={
          <>
            <Select label="Show" value={kind as keyof typeof SHOWN} options={SHOWN} choose={setKind} />
            <Select label="Rows" value={past as keyof typeof PAST} options={PAST} choose={setPast} />
            {owner && (
              <HStack alignSelf="end">
                <StockDialog
                  trigger={
                    <Button size="sm" variant="outline">
                      Add stock
                    </Button>
                  }
                />
              </HStack>
            )}
          </>
        }
      />
    </>
  );
};

const Actions = ({ row }: { row: Stock }) => {
  const remove = useWrite("delete", "/api/inventory/elsewhere", { invalidates: READ_AGAIN, done: "Deleted. Marts that read it are queued." });
  return (
    <HStack gap={1}>
      <StockDialog
        row={row}
        trigger={
          <Button size="2xs" variant="outline" aria-label={`Edit ${row.sku}`}>
            Edit
          </Button>
        }
      />
      <ConfirmDialog
        danger title={`Delete this row of ${row.sku}?`} confirm="Delete it"
        trigger={
          <Button size="2xs" variant="outline" aria-label={`Delete ${row.sku}`}>
            Delete
          </Button>
        }
        onConfirm={() => remove.mutateAsync({ body: { keys: [keyOf(row)] } })}
      >
        <Text>
          {row.quantity} units {row.reference && `(${row.reference})`} from {row.valid_from} on will no longer count, including on past days. To record
          that the stock is gone from today on, enter a count of 0 instead.
        </Text>
      </ConfirmDialog>
    </HStack>
  );
};
