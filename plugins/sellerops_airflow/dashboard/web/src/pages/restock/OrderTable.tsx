import { Button, HStack, Link, Text } from "@chakra-ui/react";
import { useMemo, useState } from "react";

import { type Answer, type Column, DataTable, EmptyState, Select, csvAddress, useApi, useHubContext, useQueryParam, useScope, useTable } from "../../components";
import { InboundDialog } from "./InboundDialog";
import { VIEWS, type View, columnsOf } from "./columns";
import { ORDER_STATUS, type Proposal, keyOf } from "./words";

const SHOWN = {
  due: "Due within a week",
  all: "All SKUs",
  ...Object.fromEntries(Object.entries(ORDER_STATUS).map(([key, { text }]) => [key, text])),
} as Record<string, string>;

/** What to order of each SKU, the most urgent first; chosen lines become a purchase order or an inbound run. */
export const OrderTable = ({ suppliers }: { suppliers: Answer<"/api/restock">["suppliers"] }) => {
  const scope = useScope();
  const state = useTable({ sort: "order_by", direction: "asc" });
  const [shown, setShown] = useQueryParam("show", "due");
  const [supplier, setSupplier] = useQueryParam("supplier");
  const [view, setView] = useQueryParam("view", "order");
  const [chosen, setChosen] = useState<Record<string, Proposal>>({});
  const owner = useHubContext().data?.user.is_owner ?? false;
  const query = {
    ...scope.query,
    ...state.query,
    ...(shown === "due" ? { due: true } : shown === "all" ? {} : { status: [shown] }),
    ...(supplier ? { supplier } : {}),
  };
  const result = useApi("/api/restock/proposals", { query });
  const rows = Object.values(chosen);
  const columns = useMemo<Column<Proposal>[]>(() => {
    const toggle = (row: Proposal) =>
      setChosen((current) => {
        const { [keyOf(row)]: was, ...rest } = current;
        return was ? rest : { ...rest, [keyOf(row)]: row };
      });
    const [first, ...others] = columnsOf(view in VIEWS ? (view as View) : "order");
    return [
      {
        ...(first as Column<Proposal>),
        cell: (row) => (
          <HStack gap={2}>
            <input type="checkbox" aria-label={`Choose ${row.sku} in ${row.marketplace}`} checked={keyOf(row) in chosen} onChange={() => toggle(row)} />
            {first?.cell(row)}
          </HStack>
        ),
      },
      ...others,
    ];
  }, [view, chosen]);
  const names = Object.fromEntries([["", "All suppliers"], ...suppliers.map((each) => [each.supplier, each.supplier || "None named"])]);
  const order = csvAddress("/api/restock/purchase-order", {
    ...scope.query,
    ...(rows.length > 0 ? { line: rows.map(keyOf) } : supplier ? { supplier } : {}),
  });
  return (
    <DataTable
      caption="What to order of each SKU" columns={columns} result={result} rowKey={keyOf} state={state} search="SKU or title"
      csv={csvAddress("/api/restock/proposals", query)}
      empty={<EmptyState title="Nothing to order">{shown === "due" ? "No order is due within a week in this scope." : "No SKU has this status."}</EmptyState>}
      tools={
        <>
          <Select label="Show" value={shown} options={SHOWN} choose={setShown} />
          <Select label="Supplier" value={supplier} options={names} choose={setSupplier} />
          <Select label="Columns" value={view as View} options={VIEWS} choose={setView} />
          <Link href={order} download variant="underline" color="blue.fg" fontSize="sm" alignSelf="end" pb={2}>
            {rows.length > 0 ? `Purchase order of ${rows.length} chosen (CSV)` : "Purchase order of all due (CSV)"}
          </Link>
          {rows.length > 0 && (
            <HStack alignSelf="end" pb={1}>
              {owner && <InboundDialog rows={rows} />}
              <Button size="xs" variant="ghost" onClick={() => setChosen({})}>
                Clear selection
              </Button>
            </HStack>
          )}
          {rows.some((row) => !row.order_quantity) && (
            <Text fontSize="sm" color="fg.muted" alignSelf="end" pb={2}>
              Lines without a quantity are left out of a purchase order.
            </Text>
          )}
        </>
      }
    />
  );
};
