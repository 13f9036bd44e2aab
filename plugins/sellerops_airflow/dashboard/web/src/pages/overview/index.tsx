import { Stack, Text } from "@chakra-ui/react";
import { useMemo } from "react";

import { type Answer, Loaded, PageFrame, Tile, Tiles, day, percent, units, useApi, useHubContext, useScope, useMarketplaces } from "../../components";
import { Point } from "./Point";
import { alertColumns, feeColumns, orderColumns, owedColumns, payoutColumns, returnColumns, shipmentColumns, yesterdayColumns } from "./points";
import { useRows } from "./useRows";

type OverviewData = Answer<"/api/overview">;

/** What to look at every morning, in the order of its weight. */
const Overview = () => {
  const scope = useScope();
  const context = useHubContext().data;
  const last = context?.yesterday ?? scope.end;
  // The Overview is about yesterday, whatever period other pages show.
  const query = useMemo(() => ({ ...scope.query, start: last, end: last }), [scope.query, last]);
  const result = useApi("/api/overview", { query });
  return (
    <PageFrame title="Overview" lead="What to look at this morning." scope={["marketplace", "compare", "currency"]}>
      <Loaded result={result}>{(data) => <Points data={data} query={query} costs={context?.user.sees_costs ?? false} />}</Loaded>
    </PageFrame>
  );
};

interface PointsProps {
  data: OverviewData;
  query: ReturnType<typeof useScope>["query"];
  costs: boolean;
}

const Points = ({ data, query, costs }: PointsProps) => {
  const marketplaces = useMarketplaces();
  const inReporting = query.currency === "reporting";
  const than = data.compared_day ? `${day(data.compared_day, "weekday")}` : undefined;
  const why = (column: string) => ({
    mart: "profit_day",
    column: inReporting && column !== "units" ? `${column}_reporting` : column,
    keys: { account_id: query.account, marketplace_id: query.marketplace, day: data.day },
  });
  return (
    <Stack gap={4}>
      <Point
        name="yesterday" title={`Yesterday, ${day(data.day, "weekday")}`} lead="By order date; amounts that Amazon has not posted yet are estimates."
        to="profit" toText="Profit" data={data.yesterday} needs="Switch on DAGs marts__daily and marts__money." nothing="No marketplace had figures in the last four weeks."
        columns={yesterdayColumns(marketplaces, costs)} rowKey={(row) => row.account_id + row.marketplace_id + row.currency}
        useAll={(name, open) => useRows(name as "yesterday", "product_sales", "desc", query, open)}
      >
        {/* Only where a comparison was asked for does its absence need a reason. */}
        {than && data.yesterday?.totals.some((total) => total.without_orders > 0) && (
          <Text fontSize="sm" color="fg.muted">
            Not compared: the rest of the day’s orders will be collected tomorrow.
          </Text>
        )}
        {data.yesterday?.totals.map((total) => (
          <Tiles key={total.currency}>
            {costs && (
              <Tile
                to="profit" label="Profit" kind="money" value={total.profit} currency={total.currency} before={total.without_profit > 0 ? null : total.profit_before} than={than} why={why("profit")}
                note={total.without_profit > 0 ? `For ${total.row_count - total.without_profit} of ${total.row_count} marketplaces; the others are not known yet.` : undefined}
              />
            )}
            <Tile to="profit" label="Sales" kind="money" value={total.product_sales} currency={total.currency} before={total.product_sales_before} than={than} why={why("product_sales")} />
            <Tile label="Units" kind="units" value={total.units} before={total.units_before} than={than} why={why("units")} />
            <Tile to="ads" label="Ads" kind="money" value={total.ads} currency={total.currency} good="neither" why={why("ads")} />
          </Tiles>
        ))}
      </Point>

      <Point
        name="orders" title="To order today" lead={`SKUs whose order is due, ${costs ? "largest lost margin" : "earliest due date"} first.`} to="restock" toText="Restock"
        data={data.orders} needs="Switch on DAG marts__demand." nothing="Nothing is due today." columns={orderColumns(marketplaces, costs)}
        rowKey={(row) => row.account_id + row.marketplace_id + row.sku} useAll={(name, open) => useRows(name as "orders", costs ? "lost_margin" : "order_by", costs ? "desc" : "asc", query, open)}
      >
        {data.orders?.totals.map((total) => (
          <Tiles key={total.currency}>
            <Tile to="restock" label="SKUs to order" kind="units" value={total.row_count} />
            <Tile label="Units" kind="units" value={total.order_quantity} />
            {costs && (
              <Tile to="restock" label="Cash needed" kind="money" value={total.cash_needed} currency={total.currency} note={total.without_cash > 0 ? `Excludes ${units(total.without_cash)} SKUs whose cost is unknown.` : undefined} />
            )}
            {costs && <Tile to="restock" label="Due with the order" kind="money" value={total.cash_deposit} currency={total.currency} />}
          </Tiles>
        ))}
      </Point>

      <Point
        name="broken" title="What broke" lead={`Open alerts about buy box, stock, listings, margins and data, ${costs ? "most money per day first" : "newest first"}.`} to="alerts" toText="Alerts"
        data={data.broken} needs="Switch on DAG marts__alerts." nothing="Nothing is broken." columns={alertColumns(marketplaces, costs)} rowKey={(row) => String(row.id)}
        useAll={(name, open) => useRows(name as "broken", costs ? "money_per_day" : "opened_at", "desc", query, open)}
      >
        <AlertTiles alerts={data.broken} costs={costs} label="At stake per day" />
      </Point>

      <Point
        name="ads" title="Ads that lose money" lead="Ads without sales, or that cost more per sale than the sale earns." to="ads" toText="Ads"
        data={data.ads} needs="Switch on DAG marts__alerts." nothing="No ads without sales, and none above break-even." columns={alertColumns(marketplaces, costs)} rowKey={(row) => String(row.id)}
        useAll={(name, open) => useRows(name as "ads", costs ? "money_per_day" : "opened_at", "desc", query, open)}
      >
        <AlertTiles alerts={data.ads} costs={costs} label="Lost per day" />
      </Point>

      <Point
        name="payouts" title="Next payout" lead="The expected payout of each account, by currency." to="profit" toText="Payouts" data={data.payouts}
        needs="Switch on DAG marts__money and the report settlements." nothing="No payout is expected." columns={payoutColumns} rowKey={(row) => row.account_id + row.paid_currency}
        useAll={(name, open) => useRows(name as "payouts", "pays_on", "asc", query, open)}
      >
        {data.payouts?.totals.map((total) => (
          <Tiles key={total.currency}>
            <Tile
              to="profit" label="Expected" kind="money" value={total.forecast} currency={total.currency} note={total.next_on ? `The first is on ${day(total.next_on, "weekday")}.` : undefined}
            />
            <Tile to="profit" label="Held back longer" kind="money" value={total.deferred_later} currency={total.currency} />
          </Tiles>
        ))}
      </Point>

      <Point
        name="fees" title="Fees that changed or are coming" lead="In the last 30 days and the next four months." to="profit" toText="Fees in profit" data={data.fees}
        needs="Switch on DAG marts__reference." nothing="No fee changes." columns={feeColumns(marketplaces)} rowKey={(row) => row.kind + row.account_id + row.marketplace_id + row.fee + row.sku + row.starts_on}
        useAll={(name, open) => useRows(name as "fees", "starts_on", "asc", query, open)}
      >
        <Tiles>
          {data.fees?.totals.map((total) =>
            total.currency ? (
              <Tile key={total.currency} label="Upcoming fees you can avoid" kind="money" value={total.expected} currency={total.currency} good="down" note="What Amazon expects if you change nothing." />
            ) : (
              <Tile key="rates" label="Rate changes" kind="units" value={total.rules} />
            ),
          )}
        </Tiles>
      </Point>

      <Point
        name="owed" title="Money that Amazon owes you" lead="Lost, damaged, received short, or refunded but not returned; claims that expire first come first." to="inventory" toText="Inventory"
        data={data.owed} needs="Switch on DAG marts__money." nothing="Amazon owes you nothing that you can still claim." columns={owedColumns(marketplaces, costs)}
        rowKey={(row) => row.account_id + row.kind + row.reference + row.sku + row.day + row.currency} useAll={(name, open) => useRows(name as "owed", "days_left", "asc", query, open)}
      >
        {data.owed?.totals.map((total) => (
          <Tiles key={total.currency}>
            {costs && (
              <Tile
                to="inventory" label="Owed" kind="money" value={total.value} currency={total.currency} note={total.without_value > 0 ? `Excludes ${units(total.without_value)} rows of unknown value.` : undefined}
              />
            )}
            {costs && <Tile to="inventory" label="You can claim today" kind="money" value={total.value_claimable} currency={total.currency} />}
            <Tile label="Units" kind="units" value={total.units} />
            <Tile label="Days until the first claim expires" kind="units" value={total.days_left} />
          </Tiles>
        ))}
      </Point>

      <Point
        name="returns" title="Returns close to the threshold" lead="SKUs at 80 % or more of the return rate above which Amazon charges each further return." to="products" toText="Products"
        data={data.returns} needs="Switch on DAG marts__daily." nothing="No SKU is close to its threshold." columns={returnColumns(marketplaces)}
        rowKey={(row) => row.account_id + row.marketplace_id + row.month + row.sku} useAll={(name, open) => useRows(name as "returns", "units_above_threshold", "desc", query, open)}
      >
        {data.returns?.totals.map((total) => (
          <Tiles key={total.currency}>
            <Tile to="products" label="Above the threshold" kind="units" value={total.above} note={`of ${units(total.row_count)} SKUs at ${percent(0.8, { digits: 0 })} of it or more`} />
            <Tile label="Units charged the fee" kind="units" value={total.units_above_threshold} />
          </Tiles>
        ))}
      </Point>

      <Point
        name="shipments" title="Shipments" lead="Shipments received short, and offers waiting for your approval." to="shipments" toText="Shipments" data={data.shipments}
        needs="Switch on DAG marts__daily." nothing="Every shipment closed in the last 60 days arrived complete, and nothing is waiting for you." columns={shipmentColumns(marketplaces, costs)}
        rowKey={(row) => row.kind + row.account_id + row.shipment_id} useAll={(name, open) => useRows(name as "shipments", "since", "desc", query, open)}
      >
        <Tiles>
          {data.shipments?.totals.map((total) => (
            total.kind === "approval" ? (
              <Tile to="shipments" key="approvals" label="Approvals waiting" kind="units" value={total.approvals} />
            ) : (
              <Tile
                key={`short ${total.currency}`} to="shipments" label="Units missing" kind="units" value={total.units_missing} good="down"
                note={`in ${units(total.short)} shipments`}
              />
            )
          ))}
        </Tiles>
      </Point>
    </Stack>
  );
};

interface AlertTilesProps {
  alerts: OverviewData["broken"];
  costs: boolean;
  label: string;
}

/** All alerts in one tile, and their money by currency: in the reporting currency that is one. */
const AlertTiles = ({ alerts, costs, label }: AlertTilesProps) => (
  <Tiles>
    <Tile to="alerts" label="Alerts" kind="units" value={alerts?.row_count ?? null} />
    {costs &&
      alerts?.totals
        .filter(({ currency }) => currency !== "")
        .map((total) => <Tile key={total.currency} label={label} kind="money" value={total.money_per_day} currency={total.currency} note={notCounted(total)} />)}
  </Tiles>
);

const notCounted = (total: NonNullable<OverviewData["broken"]>["totals"][number]) => {
  const parts = [
    total.without_money > 0 && `${units(total.without_money)} whose cost is unknown`,
    total.without_rate > 0 && `${units(total.without_rate)} without an exchange rate`,
  ].filter(Boolean);
  return parts.length > 0 ? `Excludes ${parts.join(", and ")}.` : undefined;
};

export default Overview;
