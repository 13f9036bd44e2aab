import { Text } from "@chakra-ui/react";

import { type Answer, type Column, DataTable, Day, EmptyState, HubLink, Money, Units, csvAddress, useApi, useScope, useTable } from "../../components";

type Aged = Answer<"/api/inventory/ages">["rows"][number];

const count = (key: keyof Aged, header: string, help?: string): Column<Aged> => ({
  key,
  header,
  help,
  align: "end",
  cell: (row) => <Units value={row[key] as number | null} />,
  total: (row) => <Units value={row[key] as number | null} />,
});
const money = (key: "surcharge" | "storage_next_month", header: string, help: string): Column<Aged> => ({
  key,
  header,
  help,
  align: "end",
  cell: (row) => <Money value={row[key]} currency={row.currency} />,
  total: (row) => <Money value={row[key]} currency={row.currency} reason="several currencies, or unknown" />,
});

const COLUMNS: Column<Aged>[] = [
  { key: "sku", header: "SKU", cell: (row) => <HubLink to={`products/${encodeURIComponent(row.account_id)}/${encodeURIComponent(row.sku)}`}>{row.sku}</HubLink> },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  count("available", "Available"),
  count("age_0_90", "0–90 days"),
  count("age_91_180", "91–180"),
  count("age_181_270", "181–270"),
  count("age_271_365", "271–365"),
  count("age_366_455", "366–455"),
  count("age_456", "456 and more"),
  money("surcharge", "Aged surcharge", "Amazon's estimate of the next charge"),
  money("storage_next_month", "Storage next month", "Amazon's estimate"),
  count("excess_units", "Excess", "Units that Amazon considers excess"),
  count("removal_units", "To remove", "Units that Amazon recommends removing"),
  { key: "recommended_action", header: "Amazon recommends", cell: (row) => row.recommended_action || "—" },
  { key: "day", header: "As of", cell: (row) => <Day value={row.day} style="short" /> },
];

/** Stock at Amazon by age, and what keeping it costs. */
export const Ages = () => {
  const scope = useScope();
  const state = useTable({ name: "ages", sort: "aged_units" });
  const query = { ...scope.query, ...state.query };
  const result = useApi("/api/inventory/ages", { query });
  return (
    <>
      <Text fontSize="sm" color="fg.muted">
        Sellable units by age, from Amazon&apos;s newest snapshot. From day 181 on, Amazon charges a surcharge in most categories.
      </Text>
      <DataTable
        caption="Stock by age" columns={COLUMNS} result={result} state={state} rowKey={(row) => `${row.account_id}|${row.marketplace_id}|${row.sku}`}
        search="SKU or title" csv={csvAddress("/api/inventory/ages", query)}
        empty={<EmptyState title="No stock ages">Switch on DAG report__amazon_sp__fba_inventory_planning, or choose other marketplaces.</EmptyState>}
      />
    </>
  );
};
