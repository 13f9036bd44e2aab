import { Stack, Text } from "@chakra-ui/react";

import { BandChart, HubLink, MissingList, StatusBadge, Tile, Tiles, addDays, day, percent, units, useMarketplaces } from "../../components";
import type { StoryData } from "./story";

interface ForecastsProps {
  forecasts: StoryData["forecasts"];
  demand: StoryData["demand"];
  days: readonly string[];
  account: string;
  sku: string;
}

const SHOWN_BEFORE = 28;

/** The newest forecast of each stock pool, with the order that follows from it. */
export const Forecasts = ({ forecasts, demand, days, account, sku }: ForecastsProps) => {
  const marketplaces = useMarketplaces();
  if (forecasts.length === 0) return <Text color="fg.muted">There is no forecast from the last two weeks. Switch on DAG marts__demand.</Text>;
  return (
    <Stack gap={5}>
      {forecasts.map((forecast) => {
        const horizon = forecast.horizon_days ?? 0;
        const ahead = Array.from({ length: horizon }, (_, index) => addDays(forecast.day, index + 1));
        const past = days.slice(-SHOWN_BEFORE).filter((each) => each <= forecast.day);
        const rate = (value: string | null) => (value === null || horizon === 0 ? null : Number(value) / horizon);
        const sold = new Map(demand.filter((each) => each.stock_pool === forecast.stock_pool).map((each) => [each.day, each.units]));
        const blank = past.map(() => null);
        const why = (column: string) => ({ mart: "forecast", column, keys: { account_id: account, marketplace_id: forecast.marketplace_id, sku, day: forecast.day } });
        return (
          <Stack key={forecast.marketplace_id} gap={3}>
            <Text fontWeight="medium">
              {marketplaces.name(forecast.marketplace_id)} <StatusBadge status={forecast.status} /> <MissingList missing={forecast.missing} inline />
            </Text>
            <Tiles>
              <Tile label={`Demand in ${units(horizon)} days`} kind="units" value={forecast.p50} note={`${units(forecast.p10)} to ${units(forecast.p90)} in four of five cases`} why={why("p50")} />
              <Tile label="Per day" kind="units" value={forecast.daily_units} why={why("daily_units")} />
              <Tile label="To order" kind="units" value={forecast.order_quantity} note={forecast.order_by ? `by ${day(forecast.order_by)}` : undefined} to="restock" />
              <Tile label="Days until it runs out" kind="units" value={forecast.cover_days} note={forecast.stock_out_on ? `on ${day(forecast.stock_out_on)} at median demand` : undefined} />
            </Tiles>
            {horizon > 0 && (
              <BandChart
                label={`Forecast of ${sku} in ${marketplaces.name(forecast.marketplace_id)}`} days={[...past, ...ahead]} kind="units" bandName="Band, average per day"
                actual={[...past.map((each) => sold.get(each) ?? null), ...ahead.map(() => null)]} actualName="Units sold"
                low={[...blank, ...ahead.map(() => rate(forecast.p10))]} middle={[...blank, ...ahead.map(() => rate(forecast.p50))]} high={[...blank, ...ahead.map(() => rate(forecast.p90))]}
              />
            )}
            <Text fontSize="sm" color="fg.muted">
              Model {(forecast.model ?? "none").replaceAll("_", " ")} for {forecast.demand_class ?? "unknown"} demand, made on {day(forecast.day)}.
              {forecast.wape !== null && ` Its error in the back-test is ${percent(forecast.wape, { digits: 0 })} (repeating last week: ${percent(forecast.baseline_wape, { digits: 0 })}).`}
              {forecast.drift && " It has become worse in the last 14 days."} <HubLink to="restock">Restock</HubLink> shows the resulting order.
            </Text>
          </Stack>
        );
      })}
    </Stack>
  );
};
