import { HStack, Stack, Text } from "@chakra-ui/react";
import { useMemo } from "react";

import { Loaded, MissingList, PageFrame, Section, Select, Tile, Tiles, TimeChart, useApi, useHubContext, useQueryParam, useScope } from "../../components";
import { HubLink } from "../../components";
import { Changes } from "./Changes";
import { Fees } from "./Fees";
import { Forecasts } from "./Forecasts";
import { Shipments } from "./Shipments";
import { MarketplacesTable } from "./MarketplacesTable";
import { type StoryData, byDay, daysOf } from "./story";

/** One SKU's whole story in the days of the scope. */
export const Story = ({ account, sku }: { account: string; sku: string }) => {
  const scope = useScope();
  const result = useApi("/api/products/{account_id}/story", { path: { account_id: account }, query: { ...scope.query, sku } });
  const title = result.data?.product.title;
  return (
    <PageFrame
      title={sku} scope={["marketplace", "period", "compare", "currency"]}
      lead={
        <>
          {title ? `${title} · ` : ""}
          {account} · <HubLink to="products">All products</HubLink>
        </>
      }
    >
      <Loaded result={result}>{(story) => <Chapters story={story} account={account} sku={sku} />}</Loaded>
    </PageFrame>
  );
};

interface ChaptersProps {
  story: StoryData;
  account: string;
  sku: string;
}

const Chapters = ({ story, account, sku }: ChaptersProps) => {
  const scope = useScope();
  const costs = useHubContext().data?.user.sees_costs ?? false;
  const [wanted, choose] = useQueryParam("in", story.totals[0]?.currency ?? "");
  const total = story.totals.find((each) => each.currency === wanted) ?? story.totals[0];
  const currency = total?.currency ?? "";
  const days = useMemo(() => daysOf(story.days), [story.days]);
  const rows = useMemo(() => byDay(story.days, days, currency), [story.days, days, currency]);
  const reporting = scope.currency === "reporting" ? "_reporting" : "";
  const why = (column: string) => ({
    mart: "profit_sku_day", column,
    keys: { account_id: account, marketplace_id: story.marketplaces.map((marketplace) => marketplace.marketplace_id), sku, start: scope.start, end: scope.end, ...(reporting ? {} : { currency }) },
  });
  const than = scope.compare === "year" ? "a year before" : "the days before";
  const status = rows.map((row) => row?.status);
  return (
    <Stack gap={4}>
      {story.totals.length > 1 && (
        <HStack>
          <Select label="Show amounts in" value={currency} options={Object.fromEntries(story.totals.map((each) => [each.currency, each.currency]))} choose={choose} />
        </HStack>
      )}
      {total && (
        <>
          <MissingList missing={total.missing} inline />
          <Tiles>
            <Tile label="Sales" kind="money" value={total.product_sales} currency={currency} before={total.product_sales_before} than={than} status={total.status} trend={numbers(rows, "product_sales")} why={why(`product_sales${reporting}`)} />
            {costs && (
              <Tile
                label="Profit" kind="money" value={total.cm2} currency={currency} before={total.cm2_before} than={than} trend={numbers(rows, "cm2")} why={why(`cm2${reporting}`)}
                note={total.cm2 === null ? "Unknown on at least one of these days." : undefined}
              />
            )}
            <Tile label="Units" kind="units" value={total.units} before={total.units_before} than={than} trend={numbers(rows, "units")} why={why("units")} />
            <Tile label="Ads" kind="money" value={total.ads} currency={currency} before={total.ads_before} than={than} good="neither" trend={numbers(rows, "ads")} why={why(`ads${reporting}`)} />
          </Tiles>
        </>
      )}

      <Section title="Sales and profit" lead="By order date. Days that are not final are hatched.">
        <TimeChart
          label="Sales and profit by day" days={days} kind="money" currency={currency} status={status}
          series={[
            { name: "Sales", look: "bar", values: rows.map((row) => row?.product_sales) },
            ...(costs ? [{ name: "Profit", look: "line" as const, values: rows.map((row) => row?.cm2) }] : []),
          ]}
        />
      </Section>

      <Section title="What changed" lead="Price, title, listing, size tier, fees, buy box, stock and alerts, newest first.">
        <Changes changes={story.changes} />
      </Section>

      <Section title="Stock" lead={`Sellable at the end of each day. ${outOfStock(rows)}`}>
        <TimeChart
          label="Stock and units by day" days={days} kind="units"
          series={[
            { name: "In stock", look: "line", values: rows.map((row) => row?.available) },
            { name: "Units sold", look: "line", values: rows.map((row) => row?.units) },
          ]}
        />
        <MarketplacesTable marketplaces={story.marketplaces} />
      </Section>

      <Section title="Price and ads" lead="Average price per unit, without tax; cost of ads beside the sales that Amazon attributes to them.">
        <TimeChart label="Average price by day" days={days} kind="money" currency={currency} height={160} series={[{ name: "Average price", look: "line", values: rows.map((row) => row?.average_price) }]} />
        <TimeChart
          label="Ads by day" days={days} kind="money" currency={currency} height={200}
          series={[
            { name: "Ad sales", look: "bar", values: rows.map((row) => row?.ad_sales) },
            { name: "Cost of ads", look: "line", values: rows.map((row) => negative(row?.ads)) },
          ]}
        />
      </Section>

      <Section title="Visits and buy box">
        <TimeChart label="Visits by day" days={days} kind="units" height={160} series={[{ name: "Visits", look: "bar", values: rows.map((row) => row?.sessions) }]} />
        <TimeChart label="Buy box by day" days={days} kind="percent" height={160} series={[{ name: "Share of page views with the buy box", look: "line", values: rows.map((row) => row?.buy_box_share) }]} />
      </Section>

      <Section title="Forecast" lead="Demand until the next order could arrive, with the band that holds it in four of five cases.">
        <Forecasts forecasts={story.forecasts} demand={story.demand} days={days} account={account} sku={sku} />
      </Section>

      <Section title="Amazon's fees" lead="Charged on these days, and expected for the units ordered on them. The two differ because an order is charged when it ships.">
        <Fees fees={story.fees.filter((fee) => fee.currency === currency || !currency)} account={account} sku={sku} marketplaces={story.marketplaces.map((marketplace) => marketplace.marketplace_id)} />
      </Section>

      <Section title="Shipments to Amazon" lead="Open shipments, and those received on these days.">
        <Shipments shipments={story.shipments} />
      </Section>
      <Text fontSize="sm" color="fg.muted">
        {[["ASIN", story.product.asin], ["FNSKU", story.product.fnsku], ["Own number", story.product.own_id], ["Brand", story.product.brand], ["Group", story.product.product_group]]
          .filter(([, value]) => value)
          .map(([name, value]) => `${name} ${value}`)
          .join(" · ")}
      </Text>
    </Stack>
  );
};

type Days = ReturnType<typeof byDay>;

const numbers = (rows: Days, name: "product_sales" | "cm2" | "units" | "ads") =>
  rows.map((row) => (row?.[name] === null || row?.[name] === undefined ? null : Number(row[name])));

const negative = (value: string | null | undefined) => (value === null || value === undefined ? null : -Number(value));

const outOfStock = (rows: Days) => {
  const count = rows.filter((row) => row?.is_stock_out).length;
  return count === 0 ? "No marketplace was out of stock all day." : `On ${count} of these days, a marketplace was out of stock all day.`;
};
