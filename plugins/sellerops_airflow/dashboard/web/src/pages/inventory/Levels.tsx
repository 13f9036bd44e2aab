import { Box, Text } from "@chakra-ui/react";

import {
  type Answer, type Column, DataTable, Day, HubLink, MissingList, Money, Select, StatusBadge, Units, csvAddress, useApi, useQueryParam, useScope, useTable,
  useHubContext,
} from "../../components";
import { ORDER_STATUS } from "../restock/words";

type Level = Answer<"/api/inventory/levels">["rows"][number];

const VIEWS = { now: "Now", parts: "By position" } as const;

const count = (key: keyof Level, header: string, help?: string, digits = 0): Column<Level> => ({
  key,
  header,
  help,
  align: "end",
  cell: (row) => <Units value={row[key] as string | number | null} digits={digits} />,
  total: (row) => <Units value={row[key] as string | number | null} digits={digits} />,
});

const START: Column<Level>[] = [
  {
    key: "sku",
    header: "SKU",
    cell: (row) => (
      <Box>
        <HubLink to={`products/${encodeURIComponent(row.account_id)}/${encodeURIComponent(row.sku)}`}>{row.sku}</HubLink>
        {row.title && (
          <Text fontSize="xs" color="fg.muted" maxW="16rem" truncate title={row.title}>
            {row.title}
          </Text>
        )}
      </Box>
    ),
  },
  {
    key: "marketplace",
    header: "Where",
    help: "Marketplaces of a stock pool each show the whole pool; totals count it once",
    cell: (row) => (
      <>
        {row.marketplace || "No marketplace"}
        {!row.is_counted && (
          <Text as="span" color="fg.muted" fontSize="xs">
            {" "}
            shared, counted elsewhere
          </Text>
        )}
      </>
    ),
  },
];

const VALUE: Column<Level> = {
  key: "stock_value",
  header: "Value at cost",
  help: "Units you own, times their landed cost today",
  align: "end",
  cell: (row) => <Money value={row.stock_value} currency={row.currency} reason={row.missing.join(", ")} />,
  total: (row) => <Money value={row.stock_value} currency={row.currency} reason="several currencies, or unknown" />,
};

const COLUMNS: Record<keyof typeof VIEWS, Column<Level>[]> = {
  now: [
    count("available", "Available"),
    count("inbound_shipped", "On the way", "In shipments that have left"),
    count("units_owned", "Owned", "At and on the way to Amazon, in AWD and in your warehouses"),
    VALUE,
    count("daily_units", "Per day", "Median demand per day", 1),
    { key: "cover_days", header: "Cover", help: "Days that available units, transfers and processing last", align: "end", cell: (row) => <Units value={row.cover_days} /> },
    { key: "stock_out_on", header: "Out of stock", cell: (row) => <Day value={row.stock_out_on} style="short" /> },
    {
      key: "order_status",
      header: "Restock",
      cell: (row) => {
        const known = ORDER_STATUS[row.order_status];
        return known ? <StatusBadge status={known.text} tone={known.tone} /> : "—";
      },
    },
    { key: "next_expected_on", header: "Next shipment", cell: (row) => <Day value={row.next_expected_on} style="short" /> },
    {
      key: "status",
      header: "Trust",
      cell: (row) => (
        <>
          <StatusBadge status={row.status} /> <MissingList missing={row.missing} inline />
        </>
      ),
    },
  ],
  parts: [
    count("available", "Available"),
    count("fc_transfer", "Transfers", "Between Amazon's warehouses"),
    count("fc_processing", "Processing"),
    count("reserved_customer_orders", "Sold", "Reserved for customers"),
    count("inbound_working", "Being prepared"),
    count("inbound_shipped", "Shipped"),
    count("inbound_receiving", "Being received"),
    count("inbound_14_days", "Within 14 days", "Open units of dated shipments, including overdue ones"),
    count("inbound_30_days", "Within 30 days"),
    count("inbound_undated", "Undated"),
    count("unsellable", "Unsellable"),
    count("researching", "Researching"),
    count("awd_available", "AWD"),
    count("awd_reserved", "AWD reserved"),
    count("awd_replenishing", "AWD to FBA"),
    count("awd_inbound", "To AWD"),
    count("own_warehouse", "Your warehouse"),
    count("on_order", "On order"),
    VALUE,
    { key: "day", header: "As of", cell: (row) => <Day value={row.day} style="short" /> },
  ],
};

/** Stock of each SKU and marketplace. */
export const Levels = () => {
  const scope = useScope();
  // The API refuses to sort by what it hides.
  const seesCosts = useHubContext().data?.user.sees_costs ?? false;
  const state = useTable({ name: "levels", sort: seesCosts ? "stock_value" : "available" });
  const [view, setView] = useQueryParam("view", "now");
  const [status, setStatus] = useQueryParam("order_status");
  const query = { ...scope.query, ...state.query, ...(status ? { order_status: status } : {}) };
  const result = useApi("/api/inventory/levels", { query });
  const statuses = { "": "All", ...Object.fromEntries(Object.entries(ORDER_STATUS).map(([key, { text }]) => [key, text])) };
  return (
    <DataTable
      caption="Stock by SKU and marketplace" columns={[...START, ...COLUMNS[view === "parts" ? "parts" : "now"]]} result={result} state={state}
      rowKey={(row) => `${row.account_id}|${row.marketplace_id}|${row.sku}`} search="SKU, ASIN or title" csv={csvAddress("/api/inventory/levels", query)}
      tools={
        <>
          <Select label="Columns" value={view as keyof typeof VIEWS} options={VIEWS} choose={setView} />
          <Select label="Restock" value={status} options={statuses} choose={setStatus} />
        </>
      }
    />
  );
};
