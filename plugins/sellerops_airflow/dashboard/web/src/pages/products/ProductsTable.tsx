import { Span, Stack, Text } from "@chakra-ui/react";

import {
  type Answer, type Column, DataTable, EmptyState, HubLink, Money, PageFrame, Percent, StatusBadge, Units, csvAddress, money, units, useApi, useHubContext, useScope,
  useTable,
} from "../../components";

type Row = Answer<"/api/products">["rows"][number];

/** Every SKU with what it sold, earned, holds and costs. */
export const ProductsTable = () => {
  const scope = useScope();
  const costs = useHubContext().data?.user.sees_costs ?? false;
  const state = useTable({ sort: "product_sales" });
  const query = { ...scope.query, ...state.query };
  const result = useApi("/api/products", { query });
  return (
    <PageFrame title="Products" lead="What every SKU sold, earned and cost on these days, and its stock now." scope={["marketplace", "period", "currency"]}>
      <DataTable
        caption="Products" columns={columns(costs)} result={result} state={state} csv={csvAddress("/api/products", query)} search="SKU, ASIN or title"
        rowKey={(row) => row.account_id + row.sku + row.currency}
        empty={
          <EmptyState title="No products">
            {state.q ? "Nothing matches. Clear the search." : "Switch on the DAGs of the reports listings_all and all_orders, and the DAGs marts__reference and marts__money."}
          </EmptyState>
        }
      />
    </PageFrame>
  );
};

const amount = (key: "product_sales" | "ads" | "refunds", header: string, help: string): Column<Row> => {
  const cell = (row: Row) => <Money value={row[key]} currency={row.currency} />;
  return { key, header, help, align: "end", cell, total: cell };
};

const knownPart = (row: Row) => `${money(row.cm2_known, row.currency)}, excluding ${units(row.unknown_days)} marketplace days that are unknown`;

const share = (key: "margin" | "tacos" | "refund_rate", header: string, help: string): Column<Row> => {
  const cell = (row: Row) => <Percent value={row[key]} reason={key === "margin" && row.unknown_days > 0 ? "profit is unknown on some days" : "no sales"} />;
  return { key, header, help, align: "end", cell, total: cell };
};

const columns = (costs: boolean): (Column<Row> | false)[] => [
  {
    key: "sku", header: "SKU",
    cell: (row) => (
      <Stack gap={0}>
        <HubLink to={`products/${encodeURIComponent(row.account_id)}/${encodeURIComponent(row.sku)}`}>{row.sku}</HubLink>
        <Text fontSize="xs" color="fg.muted" truncate title={row.title ?? undefined}>
          {row.title ?? row.asin ?? ""}
        </Text>
      </Stack>
    ),
  },
  { key: "units", header: "Units", align: "end", cell: (row) => <Units value={row.units} />, total: (row) => <Units value={row.units} /> },
  amount("product_sales", "Sales", "Prices of products without tax, before promotions."),
  costs && {
    key: "cm2", header: "Profit", help: "Contribution margin 2: sales less refunds, fees, product cost, ads and storage.", align: "end",
    cell: (row) => <Money value={row.cm2} currency={row.currency} reason={knownPart(row)} />,
    total: (row) => <Money value={row.cm2} currency={row.currency} reason={knownPart(row)} />,
  },
  costs && share("margin", "Margin", "Profit divided by sales."),
  amount("ads", "Ads", "Cost of advertising."),
  share("tacos", "TACOS", "Cost of ads divided by all sales."),
  amount("refunds", "Refunds", "What buyers got back, without tax."),
  share("refund_rate", "Refunded", "Refunds divided by sales."),
  { key: "available", header: "In stock", help: "Sellable at Amazon now.", align: "end", cell: (row) => <Units value={row.available} reason="no stock is reported" />, total: (row) => <Units value={row.available} /> },
  { key: "inbound_open", header: "Inbound", help: "Open units of shipments to Amazon.", align: "end", cell: (row) => <Units value={row.inbound_open} />, total: (row) => <Units value={row.inbound_open} /> },
  {
    key: "status", header: "Status",
    cell: (row) => (row.status ? <Span title={row.missing.length > 0 ? `missing: ${row.missing.join(", ")}` : undefined}><StatusBadge status={row.status} /></Span> : null),
  },
];
