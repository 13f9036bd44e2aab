import { Box, Span, Text } from "@chakra-ui/react";

import { type Column, Day, HubLink, MissingList, Money, Percent, StatusBadge, Units, daysBetween, units } from "../../components";
import { ORDER_STATUS, PARTS, type Proposal, reasonsText, skuPath } from "./words";

type Columns = Column<Proposal>[];

export const VIEWS = {
  order: "The order",
  why: "Why: demand and cover",
  parts: "Position by part",
  money: "Money and fees",
  amazon: "Compared with Amazon",
} as const;
export type View = keyof typeof VIEWS;

const money = (key: keyof Proposal, header: string, help: string): Column<Proposal> => ({
  key,
  header,
  help,
  align: "end",
  cell: (row) => <Money value={row[key] as string | null} currency={row.currency} reason={row.missing.join(", ")} />,
  total: (row) => <Money value={row[key] as string | null} currency={row.currency} reason="several currencies, or unknown" />,
});

const count = (key: keyof Proposal, header: string, help?: string, digits = 0, added = true): Column<Proposal> => ({
  key,
  header,
  help,
  align: "end",
  cell: (row) => <Units value={row[key] as string | number | null} digits={digits} />,
  total: added ? (row) => <Units value={row[key] as string | number | null} digits={digits} /> : () => null,
});

const OrderBy = ({ row }: { row: Proposal }) => {
  const late = row.order_by && row.day ? daysBetween(row.order_by, row.day) : 0;
  return (
    <>
      <Day value={row.order_by} style="short" />
      {late > 0 && (
        <Span color="red.fg" fontSize="xs">
          {" "}
          {units(late)} d late
        </Span>
      )}
    </>
  );
};

const Name = ({ row }: { row: Proposal }) => (
  <Box>
    <HubLink to={skuPath(row)}>{row.sku}</HubLink>
    {row.title && (
      <Text fontSize="xs" color="fg.muted" maxW="16rem" truncate title={row.title}>
        {row.title}
      </Text>
    )}
  </Box>
);

export const status: Column<Proposal> = {
  key: "order_status",
  header: "Status",
  cell: (row) => {
    const known = ORDER_STATUS[row.order_status];
    return <StatusBadge status={known?.text ?? row.order_status} tone={known?.tone ?? "quiet"} />;
  },
};
export const name: Column<Proposal> = { key: "sku", header: "SKU", cell: (row) => <Name row={row} /> };

const START: Columns = [
  name,
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  status,
  { key: "order_by", header: "Order by", help: "The last day to order and still meet the service level", cell: (row) => <OrderBy row={row} /> },
  {
    key: "order_quantity",
    header: "Order",
    help: "Units, rounded to what the supplier sells",
    align: "end",
    cell: (row) => (
      <Span title={row.override_reason ?? reasonsText(row.order_quantity_reason)}>
        <Units value={row.order_quantity} />
        {row.override_quantity !== null && <Span aria-label="set by a person"> ✎</Span>}
      </Span>
    ),
    total: (row) => <Units value={row.order_quantity} />,
  },
];
const trust: Column<Proposal> = {
  key: "status",
  header: "Trust",
  cell: (row) => (
    <>
      <StatusBadge status={row.status} /> <MissingList missing={row.missing} inline />
    </>
  ),
};

const MORE: Record<View, Columns> = {
  order: [
    money("cash_needed", "Cash", "Quantity times landed cost"),
    count("position", "Position", "Everything sellable before the next order could arrive"),
    {
      key: "demand_p50",
      header: "Demand P50 (P10–P90)",
      help: "Over lead time and review period",
      align: "end",
      cell: (row) => (
        <>
          <Units value={row.demand_p50} />{" "}
          <Span color="fg.muted" fontSize="xs">
            ({units(row.demand_p10)}–{units(row.demand_p90)})
          </Span>
        </>
      ),
      total: (row) => <Units value={row.demand_p50} />,
    },
    { key: "stock_out_on", header: "Out of stock", help: "At median demand, including arrivals", cell: (row) => <Day value={row.stock_out_on} style="short" /> },
    money("lost_margin", "Lost margin", "Expected to be lost even if you order today"),
    { key: "supplier", header: "Supplier", cell: (row) => row.supplier || "—" },
    count("amazon_quantity", "Amazon says", "Units that Amazon recommends sending in"),
    trust,
  ],
  why: [
    count("protection_days", "Days to cover", "Lead time plus review period", 0, false),
    count("lead_time_days", "Lead time", "Days from order to sellable", 0, false),
    count("daily_units", "Per day", "Median demand per day", 1),
    count("demand_p10", "P10", "Demand over the days to cover", 0, false),
    count("demand_p50", "P50"),
    count("demand_p90", "P90", undefined, 0, false),
    {
      key: "service_level",
      header: "Service level",
      align: "end",
      cell: (row) => (
        <>
          <Percent value={row.service_level} /> <Span color="fg.muted">{row.abc_class}</Span>
        </>
      ),
    },
    count("reorder_point", "Reorder point", "Demand over the days to cover at the service level", 0, false),
    count("target", "Target", "Position after the order", 0, false),
    count("position", "Position"),
    count("cover_days", "Cover", "Days that the position lasts", 0, false),
    count("needed", "Needed", "Before rounding"),
    count("case_pack", "Carton", "Units per carton", 0, false),
    count("moq", "MOQ", "The supplier's minimum", 0, false),
    { key: "order_quantity_reason", header: "Changed because", sortable: false, cell: (row) => reasonsText(row.order_quantity_reason) || "—" },
  ],
  parts: [
    ...PARTS.map(([key, header]) => count(key, header)),
    count("later_units", "Too late", "Expected after the protection period; not counted"),
    count("position", "Position"),
    count("customer_orders", "Sold, not shipped", "Reserved for customers; not part of the position"),
    { key: "next_arrival_on", header: "Next arrival", cell: (row) => <Day value={row.next_arrival_on} style="short" /> },
  ],
  money: [
    money("unit_cost", "Unit cost", "Landed, at this quantity"),
    money("cash_needed", "Cash", "Quantity times landed cost"),
    money("cash_deposit", "Deposit", "Paid with the order"),
    money("cash_balance", "Balance", "Paid later"),
    { key: "cash_balance_on", header: "Balance due", cell: (row) => <Day value={row.cash_balance_on} style="short" /> },
    { key: "fits_budget", header: "In budget", cell: (row) => (row.fits_budget === null ? "—" : row.fits_budget ? "Yes" : "No") },
    count("lost_units", "Lost units", "Even if you order today", 1),
    money("lost_margin", "Lost margin", "Lost units times margin"),
    money("fee_expected", "Low-inventory fee", "Expected in the next 13 weeks"),
    count("fee_weeks", "Fee weeks", undefined, 0, false),
    count("days_of_supply_30", "Days of supply, 30 d", "Amazon charges the fee if both averages are below 28", 0, false),
    count("days_of_supply_90", "90 d", undefined, 0, false),
    money("fee_amazon_expects", "Fee Amazon expects", "Over the next four months, from its preview"),
  ],
  amazon: [
    count("amazon_quantity", "Amazon says", "Units that Amazon recommends sending in"),
    { key: "amazon_ship_by", header: "Ship by", cell: (row) => <Day value={row.amazon_ship_by} style="short" /> },
    count("amazon_minimum_level", "Amazon's minimum", undefined, 0, false),
    count("position", "Position"),
    count("target", "Our target", undefined, 0, false),
    count("lead_time_days", "Our lead time", "Amazon does not know it", 0, false),
    { key: "stock_out_on", header: "Out of stock", cell: (row) => <Day value={row.stock_out_on} style="short" /> },
  ],
};

/** The columns of a view; the first ones are always there. */
export const columnsOf = (view: View): Columns => [...START, ...MORE[view]];
