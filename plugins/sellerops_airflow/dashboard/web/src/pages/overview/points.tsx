import { Badge, Span, Stack, Text } from "@chakra-ui/react";

import { AirflowLink, type Column, Day, HubLink, Moment, Percent, StatusBadge, Units, WhyButton, explainMissing, useMarketplaces } from "../../components";
import { Sku, moneyColumn, unitsColumn } from "./cells";
import type { RowOf } from "./useRows";

type Marketplaces = ReturnType<typeof useMarketplaces>;
/** "Why this number" of a row: its keys name it in its mart. */
const whyColumn = <Row,>(mart: string, column: string, label: string, keys: (row: Row) => Record<string, string | null | undefined>): Column<Row> => ({
  key: "why", header: "Why", sortable: false,
  cell: (row) => {
    const named = Object.entries(keys(row)).filter((each): each is [string, string] => each[1] !== null && each[1] !== undefined);
    return <WhyButton mart={mart} column={column} label={`${label} (${named.map(([, value]) => value).filter(Boolean).join(", ")})`} keys={Object.fromEntries(named)} />;
  },
});

const words = (text: string) => text.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

export const yesterdayColumns = (marketplaces: Marketplaces, costs: boolean): (Column<RowOf<"yesterday">> | false)[] => [
  { key: "marketplace_id", header: "Marketplace", cell: (row) => marketplaces.place(row.account_id, row.marketplace_id) },
  unitsColumn("units", "Units"),
  moneyColumn("product_sales", "Sales", "Prices of products without tax, before promotions."),
  moneyColumn("ads", "Ads"),
  costs && moneyColumn("profit", "Profit", "After all costs and fees of the marketplace, including its overhead."),
  unitsColumn("units_before", "Units before"),
  moneyColumn("product_sales_before", "Sales before"),
  costs && moneyColumn("profit_before", "Profit before"),
  { key: "status", header: "Status", cell: (row) => row.status && <StatusBadge status={row.status} /> },
  { key: "missing", header: "Missing", sortable: false, cell: (row) => row.missing.map((word) => explainMissing(word).text).join(", ") },
];

export const orderColumns = (marketplaces: Marketplaces, costs: boolean): (Column<RowOf<"orders">> | false)[] => [
  { key: "sku", header: "SKU", cell: (row) => <Sku account={row.account_id} sku={row.sku} title={row.title} /> },
  { key: "marketplace_id", header: "Marketplace", cell: (row) => marketplaces.place(row.account_id, row.marketplace_id) },
  unitsColumn("order_quantity", "Order"),
  { key: "order_by", header: "Due since", help: "Ordering later than this misses the service level.", cell: (row) => row.order_by && <Day value={row.order_by} style="short" /> },
  { key: "stock_out_on", header: "Runs out", cell: (row) => row.stock_out_on && <Day value={row.stock_out_on} style="short" /> },
  costs && moneyColumn("cash_needed", "Cash", "Order quantity times the cost of a unit."),
  costs && moneyColumn("cash_deposit", "Due with the order"),
  costs && moneyColumn("lost_margin", "Lost margin", "Margin on the units you lose even if you order today."),
  { key: "supplier", header: "Supplier", cell: (row) => row.supplier || "—" },
  { key: "status", header: "Status", cell: (row) => row.status && <StatusBadge status={row.status} /> },
  whyColumn("restock", "order_quantity", "Units to order", (row) => ({ account_id: row.account_id, marketplace_id: row.marketplace_id, day: row.day, sku: row.sku })),
];

const SEVERITIES: Record<string, string> = { urgent: "red", warning: "orange", info: "blue" };

export const alertColumns = (marketplaces: Marketplaces, costs: boolean): (Column<RowOf<"broken">> | false)[] => [
  {
    key: "name", header: "What",
    cell: (row) => (
      <Stack gap={0} direction="row" align="center">
        <Badge colorPalette={SEVERITIES[row.severity] ?? "gray"} variant="surface" me={2}>
          {row.severity}
        </Badge>
        <Span>{words(row.name)}</Span>
      </Stack>
    ),
  },
  { key: "subject", header: "About", cell: (row) => <Sku account={row.account_id} sku={row.subject} /> },
  { key: "marketplace_id", header: "Marketplace", cell: (row) => marketplaces.place(row.account_id, row.marketplace_id) },
  costs && moneyColumn("money_per_day", "Money per day"),
  { key: "summary", header: "Why", sortable: false, cell: (row) => <Text truncate title={row.summary ?? row.summary_of_costs ?? ""}>{row.summary ?? row.summary_of_costs ?? "—"}</Text> },
  { key: "opened_at", header: "Since", cell: (row) => row.opened_at && <Moment value={row.opened_at} /> },
];

export const payoutColumns: Column<RowOf<"payouts">>[] = [
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "pays_on", header: "Paid on", cell: (row) => row.pays_on && <Day value={row.pays_on} style="weekday" /> },
  {
    key: "paid_amount", header: "In payout currency", align: "end",
    cell: (row) => (row.paid_currency ? <MoneyOf value={row.paid_amount} currency={row.paid_currency} /> : null),
  },
  moneyColumn("forecast", "Expected"),
  moneyColumn("deferred_later", "Held back longer", "Amounts that Amazon releases after this payout."),
  { key: "status", header: "Status", cell: (row) => row.status && <StatusBadge status={row.status} /> },
  whyColumn("payout_forecast", "forecast", "Next payout", (row) => ({ account_id: row.account_id, day: row.day, currency: row.paid_currency })),
];

const MoneyOf = ({ value, currency }: { value: string | null; currency: string }) => moneyColumn<{ currency: string; value: string | null }, "value">("value", "").cell({ value, currency });

const FEES: Record<string, string> = {
  AgedInventorySurcharge: "Aged inventory surcharge",
  CustomerReturnHRRUnitFee: "Returns processing fee",
  FbaInboundConvenienceFee: "Inbound placement",
  LongTermStorageFee: "Aged inventory surcharge",
  LowInventoryLevelFee: "Low-inventory-level fee",
  StorageUtilizationSurcharge: "Storage utilization surcharge",
  "fee.fba_fulfilment": "FBA fulfilment",
};
const FEE_KINDS: Record<string, string> = { size_tier: "Size tier changed", rule: "Rate changes", preview: "Expected by Amazon" };

export const feeColumns = (marketplaces: Marketplaces): Column<RowOf<"fees">>[] => [
  { key: "fee", header: "Fee", cell: (row) => FEES[row.fee] ?? words(row.fee) },
  { key: "kind", header: "What", cell: (row) => (row.kind ? `${FEE_KINDS[row.kind] ?? row.kind}${row.summary ? `: ${row.summary}` : ""}` : "") },
  { key: "sku", header: "SKU", cell: (row) => (row.sku ? <Sku account={row.account_id} sku={row.sku} /> : row.skus ? <Span>{row.skus} SKUs</Span> : "—") },
  { key: "marketplace_id", header: "Marketplace", cell: (row) => marketplaces.place(row.account_id, row.marketplace_id) },
  { key: "starts_on", header: "From", cell: (row) => row.starts_on && <Day value={row.starts_on} style="short" /> },
  { key: "ends_on", header: "Until", cell: (row) => (row.ends_on ? <Day value={row.ends_on} style="short" /> : "—") },
  moneyColumn("expected", "Expected cost"),
  moneyColumn("money_per_day", "Extra cost per day"),
];

export const owedColumns = (marketplaces: Marketplaces, costs: boolean): (Column<RowOf<"owed">> | false)[] => [
  { key: "kind", header: "What", cell: (row) => words(row.kind) },
  { key: "sku", header: "SKU", cell: (row) => <Sku account={row.account_id} sku={row.sku} /> },
  { key: "reference", header: "Reference", cell: (row) => row.reference || "—" },
  { key: "marketplace_id", header: "Marketplace", cell: (row) => marketplaces.place(row.account_id, row.marketplace_id) },
  unitsColumn("units", "Units"),
  costs && moneyColumn("value", "Value"),
  { key: "days_left", header: "Days left", align: "end", cell: (row) => <Units value={row.days_left} /> },
  { key: "claim_until", header: "Claim by", cell: (row) => row.claim_until && <Day value={row.claim_until} style="short" /> },
  {
    key: "can_claim", header: "You can claim",
    cell: (row) => (row.can_claim === null ? "" : row.can_claim ? "now" : <>from <Day value={row.claim_from} style="short" /></>),
  },
  whyColumn("owed", costs ? "value" : "open", "Owed", (row) => ({
    account_id: row.account_id, day: row.day, kind: row.kind, reference: row.reference, sku: row.sku,
  })),
];

export const returnColumns = (marketplaces: Marketplaces): Column<RowOf<"returns">>[] => [
  { key: "sku", header: "SKU", cell: (row) => <Sku account={row.account_id} sku={row.sku} title={row.title} /> },
  { key: "marketplace_id", header: "Marketplace", cell: (row) => marketplaces.place(row.account_id, row.marketplace_id) },
  { key: "month", header: "Shipped in", cell: (row) => row.month?.slice(0, 7) },
  { key: "return_rate", header: "Return rate", align: "end", cell: (row) => <Percent value={row.return_rate} /> },
  { key: "threshold", header: "Threshold", align: "end", cell: (row) => <Percent value={row.threshold} /> },
  { key: "units_left", header: "Units until the fee applies", align: "end", help: "Further returns before the fee applies. Negative: it applies already.", cell: (row) => <Units value={row.units_left} digits={1} /> },
  unitsColumn("units_above_threshold", "Units charged the fee"),
  whyColumn("return_rate_month", "return_rate", "Return rate", (row) => ({ account_id: row.account_id, marketplace_id: row.marketplace_id, month: row.month, sku: row.sku })),
];

export const shipmentColumns = (marketplaces: Marketplaces, costs: boolean): (Column<RowOf<"shipments">> | false)[] => [
  { key: "kind", header: "What", cell: (row) => (row.kind === "approval" ? "Waiting for your approval" : row.kind ? "Received short" : "") },
  {
    key: "shipment_id", header: "Shipment",
    cell: (row) =>
      row.run_id ? (
        <AirflowLink to={`dags/${encodeURIComponent(row.dag_id)}/runs/${encodeURIComponent(row.run_id)}`}>{row.name ?? row.shipment_id}</AirflowLink>
      ) : row.shipment_id ? (
        <HubLink to="shipments">{row.shipment_id}</HubLink>
      ) : null,
  },
  { key: "marketplace_id", header: "Marketplace", cell: (row) => marketplaces.place(row.account_id, row.marketplace_id) },
  { key: "since", header: "Since", cell: (row) => row.since && <Day value={row.since} style="short" /> },
  { key: "expires_at", header: "Offer expires", cell: (row) => (row.expires_at ? <Moment value={row.expires_at} /> : "—") },
  unitsColumn("units_missing", "Units missing"),
  costs && moneyColumn("value", "Value", "Manufacturing cost of the missing units."),
];
