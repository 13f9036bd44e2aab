import { Box, Span } from "@chakra-ui/react";

import {
  type Answer, type Column, DataTable, Day, EmptyState, Money, Percent, Section, Select, Units, csvAddress, useApi, useQueryParam, useScope, useTable,
} from "../../components";
import { Trust } from "../../components/Trust";
import { useMarketplaceName } from "../../components/useMarketplaceName";

type Row = Answer<"/api/ads/queries">["rows"][number];
type By = "query" | "asin";

const BY: Record<By, string> = { query: "Query", asin: "Query and ASIN" };

type Counts = "search_volume" | "impressions" | "clicks" | "purchases" | "paid_clicks" | "organic_clicks" | "paid_orders" | "organic_purchases";

const count = (key: Counts, header: string, help: string, added = true): Column<Row> => {
  const cell = (row: Row) => <Units value={row[key]} reason="no ads are reported for a week" />;
  return { key, header, help, align: "end", cell, total: added ? cell : () => "" };
};

const share = (key: "impression_share" | "click_share" | "purchase_share", header: string, help: string): Column<Row> => ({
  key, header, help, align: "end",
  cell: (row) => <Percent value={row[key]} />,
  total: () => "",
});

const money = (key: "paid_spend" | "paid_sales", header: string, help: string): Column<Row> => {
  const cell = (row: Row) => <Money value={row[key]} currency={row.currency} reason={row.currency ? "no ads are reported for a week" : "several currencies"} />;
  return { key, header, help, align: "end", cell, total: cell };
};

const Query = ({ row }: { row: Row }) => (
  <>
    {row.search_query}
    {row.warning && (
      <Span color="orange.fg" title="Ads have more clicks or orders than Amazon counts for the query: ad orders count 7 days, the query's purchases 24 hours.">
        {" "}▲
      </Span>
    )}
  </>
);

const columnsOf = (by: By, nameOf: (account: string, marketplace: string) => string): (Column<Row> | false)[] => [
  { key: "search_query", header: "Search query", cell: (row) => <Query row={row} /> },
  by === "asin" && { key: "asin", header: "ASIN", cell: (row) => row.asin, total: () => "" },
  { key: "marketplace_id", header: "Marketplace", cell: (row) => nameOf(row.account_id, row.marketplace_id), total: () => "" },
  count("search_volume", "Searches", "How often the query was searched.", false),
  count("impressions", "Impressions", "Yours."),
  share("impression_share", "Share", "Your share of all impressions."),
  count("clicks", "Clicks", "Yours, paid and organic."),
  share("click_share", "Share", "Your share of all clicks."),
  count("paid_clicks", "Paid clicks", "Clicks on Sponsored Products for the same text."),
  count("organic_clicks", "Organic clicks", "Clicks less paid clicks, at least 0."),
  count("purchases", "Purchases", "Yours, within 24 hours of the search."),
  share("purchase_share", "Share", "Your share of all purchases."),
  count("paid_orders", "Paid orders", "Orders within 7 days of a paid click."),
  count("organic_purchases", "Organic purchases", "Purchases less paid orders, at least 0."),
  money("paid_spend", "Spend", "Cost of the paid clicks."),
  money("paid_sales", "Ad sales", "Sales within 7 days of a paid click."),
  { key: "acos", header: "ACOS", help: "Spend divided by ad sales.", align: "end", cell: (row) => <Percent value={row.acos} reason="no ad sales" />, total: (row) => <Percent value={row.acos} reason="no ad sales" /> },
  { key: "weeks", header: "Weeks", align: "end", cell: (row) => <Units value={row.weeks} />, total: () => "" },
  { key: "last_week", header: "Last week", help: "The Sunday on which it begins.", cell: (row) => <Day value={row.last_week} />, total: () => "" },
  { key: "status", header: "Status", cell: (row) => <Trust status={row.status} missing={row.missing} />, total: () => "" },
];

/** Search queries of the weeks of the period: how much was paid for, how much came by itself. */
export const Queries = () => {
  const scope = useScope();
  const nameOf = useMarketplaceName();
  const [by, setBy] = useQueryParam("by", "query");
  const state = useTable({ name: "queries", sort: "purchases" });
  const query = { ...scope.query, ...state.query, by: by as By };
  const result = useApi("/api/ads/queries", { query });
  return (
    <Box pt={2}>
      <Section
        title="Search queries, paid and organic"
        lead="Weeks (Sunday to Saturday) that overlap the period. Ads belong to a query if Sponsored Products reports exactly this text, and to an ASIN if the ad group advertised only that ASIN."
      >
        <DataTable
          caption="Search queries" columns={columnsOf(by as By, nameOf)} result={result} state={state} search="a query or ASIN"
          rowKey={(row) => [row.account_id, row.marketplace_id, row.search_query, row.asin, row.currency].join(" ")}
          csv={csvAddress("/api/ads/queries", query)} tools={<Select label="By" value={by as By} options={BY} choose={setBy} />}
          empty={
            <EmptyState title="No search queries in these weeks">
              Search queries need Brand Registry and the report search_query_performance_weekly. Amazon publishes a week a few days after it ends: choose a
              longer period.
            </EmptyState>
          }
        />
      </Section>
    </Box>
  );
};
