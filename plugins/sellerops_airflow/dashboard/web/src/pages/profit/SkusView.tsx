import { Stack } from "@chakra-ui/react";

import {
  type Answer, type Column, DataTable, EmptyState, HubLink, Money, Percent, Section, Select, StatusBadge, Units, csvAddress, useApi,
  useHubContext, useQueryParam, useScope, useTable,
} from "../../components";
import { Trust } from "../../components/Trust";
import { Methods } from "./Methods";

type Sku = Answer<"/api/profit/skus">["rows"][number];
type Spread = "none" | "sales" | "units";

const SPREADS: Record<Spread, string> = { none: "Not spread", sales: "By product sales", units: "By units" };

const EXTRA = [
  "Advertising of a SKU is the spend on its ads. Spend without a known product is in the row without SKU.",
  "Storage of a SKU comes from the monthly fee reports, spread over the days of the month; until a month is published, its days use the cost of the last known month.",
  "Inbound, coupon and other fees count for the SKU that Amazon names, else in the row without SKU.",
  "Overhead stays in the row without SKU unless you choose to spread it: by product sales or by units of the account's SKUs in these days.",
];

const money = (key: keyof Sku & string, header: string, help?: string): Column<Sku> => ({
  key, header, help, align: "end",
  cell: (row) => <Money value={row[key] as string | null} currency={row.currency} reason={reasonOf(row)} />,
  total: (row) => <Money value={row[key] as string | null} currency={row.currency} reason={reasonOf(row)} />,
});

const reasonOf = ({ missing }: Sku) => (missing.length > 0 ? `missing: ${missing.join(", ")}` : "unknown on some days");

const Name = ({ row }: { row: Sku }) =>
  row.sku ? (
    <>
      <HubLink to={`products/${encodeURIComponent(row.account_id)}/${encodeURIComponent(row.sku)}`}>{row.sku}</HubLink> {row.title}
    </>
  ) : (
    "Without SKU"
  );

const columnsOf = (seesCosts: boolean): (Column<Sku> | false)[] => [
  { key: "sku", header: "SKU", cell: (row) => <Name row={row} /> },
  { key: "units", header: "Units", align: "end", cell: (row) => <Units value={row.units} />, total: (row) => <Units value={row.units} /> },
  money("product_sales", "Product sales", "Without tax, before promotions."),
  money("other_income", "Other income", "Shipping, gift wrap and other."),
  money("refunds", "Refunds"),
  money("promotions", "Promotions"),
  money("selling_fees", "Selling fees", "Referral, closing and digital services."),
  money("fulfilment_fees", "Fulfilment", "FBA fulfilment fees."),
  money("other_cm1", "Other (CM1)", "Returns, refund administration, chargebacks, merchant shipping and other."),
  seesCosts && money("cogs", "Cost of goods", "Less the cost of sellable returns."),
  seesCosts && money("cm1", "CM1"),
  money("ads", "Advertising"),
  money("storage", "Storage"),
  money("other_cm2", "Other (CM2)", "Coupon fees, inbound, removals, reimbursements, clawbacks, VAT on fees and other."),
  seesCosts && money("cm2", "CM2", "Contribution margin 2."),
  seesCosts && {
    key: "margin", header: "Margin", align: "end", help: "CM2 divided by product sales.",
    cell: (row) => <Percent value={row.margin} reason={reasonOf(row)} />, total: (row) => <Percent value={row.margin} reason={reasonOf(row)} />,
  },
  money("overhead", "Overhead"),
  seesCosts && money("profit", "Profit", "CM2 and overhead."),
  { key: "asin", header: "ASIN", cell: (row) => row.asin ?? "", total: () => "" },
  { key: "account_id", header: "Account", cell: (row) => row.account_id, total: () => "" },
  {
    key: "status", header: "Status", total: (row) => <StatusBadge status={row.status} />,
    cell: (row) => <Trust status={row.status} missing={row.missing} />,
  },
];

/** Profit of each SKU. The totals are those of profit and loss. */
export const SkusView = () => {
  const scope = useScope();
  const seesCosts = useHubContext().data?.user.sees_costs ?? false;
  const [spread, setSpread] = useQueryParam("spread", "none");
  const state = useTable({ name: "skus", sort: seesCosts ? "cm2" : "product_sales" });
  const query = { ...scope.query, ...state.query, spread: spread as Spread };
  const result = useApi("/api/profit/skus", { query });
  const columns = columnsOf(seesCosts).filter((column): column is Column<Sku> => column !== false);
  const shown = columns.map(({ key }) => key).filter((key) => !["sku", "asin", "account_id", "status"].includes(key));
  return (
    <Stack gap={4} pt={2}>
      <Section title="Profit by SKU" lead="Order view, all marketplaces in the scope combined. The totals match those of profit and loss.">
        <DataTable
          caption="Profit by SKU" columns={columns} result={result} rowKey={(row) => `${row.account_id} ${row.sku} ${row.currency}`} state={state}
          csv={csvAddress("/api/profit/skus", { ...query, column: ["account_id", "sku", "title", "asin", "currency", ...shown, "status", "missing"] })} search="SKU, ASIN or title"
          tools={<Select label="Overhead" value={spread as Spread} options={SPREADS} choose={setSpread} />}
          empty={<EmptyState title="No SKU had sales or costs on these days">Choose other days or marketplaces, or clear the search.</EmptyState>}
        />
      </Section>
      <Methods view="order" extra={EXTRA} />
    </Stack>
  );
};
