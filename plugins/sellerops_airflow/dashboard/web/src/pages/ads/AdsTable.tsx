import { Span } from "@chakra-ui/react";

import {
  type Answer, type Column, DataTable, EmptyState, Money, Percent, Section, Units, csvAddress, toNumber, useApi, useHubContext, useScope, useTable,
} from "../../components";
import { Trust } from "../../components/Trust";
import { useMarketplaceName } from "../../components/useMarketplaceName";
import { adProductName } from "./adProducts";

type Row = Answer<"/api/ads/groups">["rows"][number];
type By = "marketplace" | "ad_product" | "campaign";

const TEXTS: Record<By, { title: string; lead: string; csv: string[] }> = {
  marketplace: { title: "By marketplace", lead: "Total sales and break-even are those of the order view on the Profit page.", csv: ["account_id", "marketplace_id"] },
  ad_product: { title: "By ad product", lead: "TACOS and break-even are based on all sales of the marketplaces that advertise.", csv: ["ad_product"] },
  campaign: {
    title: "By campaign",
    lead: "Break-even is known where Amazon reports the products a campaign advertises and their margin is known.",
    csv: ["account_id", "marketplace_id", "ad_product", "campaign_id", "campaign_name"],
  },
};

const money = (key: "spend" | "sales" | "total_sales" | "cost_per_click", header: string, help?: string): Column<Row> => {
  const cell = (row: Row) => <Money value={row[key]} currency={row.currency} reason="unknown on some days" />;
  return { key, header, help, align: "end", cell, total: cell };
};

const share = (key: "acos" | "tacos" | "click_rate" | "conversion_rate", header: string, help: string): Column<Row> => {
  const cell = (row: Row) => <Percent value={row[key]} reason="nothing to divide by" />;
  return { key, header, help, align: "end", cell, total: cell };
};

const count = (key: "impressions" | "clicks" | "orders" | "units", header: string): Column<Row> => {
  const cell = (row: Row) => <Units value={row[key]} />;
  return { key, header, align: "end", cell, total: cell };
};

/** Above break-even an ad sale costs more than it earns: marked by a sign, not by colour alone. */
const Acos = ({ row }: { row: Row }) => {
  const [acos, limit] = [toNumber(row.acos), toNumber(row.break_even_acos)];
  const above = acos !== null && limit !== null && acos > limit;
  return (
    <Span color={above ? "orange.fg" : undefined} title={above ? "Above break-even: an ad sale costs more than it earns." : undefined}>
      {above && "▲ "}
      <Percent value={row.acos} reason="no attributed sales" />
    </Span>
  );
};

const columnsOf = (by: By, nameOf: (account: string, marketplace: string) => string, seesCosts: boolean): (Column<Row> | false)[] => [
  by === "marketplace" && { key: "marketplace_id", header: "Marketplace", cell: (row) => nameOf(row.account_id, row.marketplace_id) },
  by === "ad_product" && { key: "ad_product", header: "Ad product", cell: (row) => adProductName(row.ad_product) },
  by === "campaign" && { key: "campaign_id", header: "Campaign", sortable: false, cell: (row) => row.campaign_name ?? row.campaign_id },
  by === "campaign" && { key: "ad_product", header: "Ad product", cell: (row) => <Span title={adProductName(row.ad_product)}>{row.ad_product}</Span>, total: () => "" },
  by === "campaign" && { key: "marketplace_id", header: "Marketplace", cell: (row) => nameOf(row.account_id, row.marketplace_id), total: () => "" },
  money("spend", "Spend", "As the advertising console shows it."),
  money("sales", "Ad sales", "Sales that Amazon attributes to clicks of these days."),
  { key: "acos", header: "ACOS", help: "Spend divided by ad sales.", align: "end", cell: (row) => <Acos row={row} />, total: (row) => <Acos row={row} /> },
  seesCosts && {
    key: "break_even_acos", header: "Break-even", align: "end", sortable: by !== "campaign", help: "ACOS at which an ad sale earns nothing: CM2 before advertising divided by product sales.",
    cell: (row) => <Percent value={row.break_even_acos} reason="the margin is not known" />,
    total: (row) => <Percent value={row.break_even_acos} reason="see the table by marketplace" />,
  },
  by !== "campaign" && share("tacos", "TACOS", "Spend divided by all product sales."),
  { key: "roas", header: "ROAS", help: "Ad sales divided by spend.", align: "end", cell: (row) => <Units value={row.roas} digits={2} />, total: (row) => <Units value={row.roas} digits={2} /> },
  by === "marketplace" && money("total_sales", "Product sales", "All sales of the marketplace, without tax."),
  count("impressions", "Impressions"),
  count("clicks", "Clicks"),
  share("click_rate", "CTR", "Clicks divided by impressions."),
  money("cost_per_click", "CPC", "Spend divided by clicks."),
  count("orders", "Orders"),
  share("conversion_rate", "Conversion", "Orders divided by clicks."),
  { key: "open_days", header: "Open days", align: "end", help: "Days whose attributed sales may still grow.", cell: (row) => <Units value={row.open_days} />, total: () => "" },
  { key: "status", header: "Status", cell: (row) => <Trust status={row.status} missing={row.missing} />, total: (row) => <Trust status={row.status} missing={row.missing} /> },
];

/** Advertising by marketplace, ad product or campaign. */
export const AdsTable = ({ by }: { by: By }) => {
  const scope = useScope();
  const nameOf = useMarketplaceName();
  const seesCosts = useHubContext().data?.user.sees_costs ?? false;
  const state = useTable({ name: by, sort: "spend" });
  const query = { ...scope.query, ...state.query, by };
  const result = useApi("/api/ads/groups", { query });
  const columns = columnsOf(by, nameOf, seesCosts).filter((column): column is Column<Row> => column !== false);
  const { title, lead, csv } = TEXTS[by];
  const named = columns.map(({ key }) => key).filter((key) => !csv.includes(key));
  return (
    <Section title={title} lead={lead}>
      <DataTable
        caption={`Advertising ${title.toLowerCase()}`} columns={columns} result={result} state={state}
        rowKey={(row) => [row.account_id, row.marketplace_id, row.ad_product, row.campaign_id, row.currency].join(" ")}
        csv={csvAddress("/api/ads/groups", { ...query, column: [...csv, ...named.slice(0, -1), "currency", "status", "missing"] })}
        search={by === "campaign" ? "a campaign" : undefined}
        empty={<EmptyState title="No advertising on these days">Choose other days or marketplaces, or clear the search.</EmptyState>}
      />
    </Section>
  );
};
