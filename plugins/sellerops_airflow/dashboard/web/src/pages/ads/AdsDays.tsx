import { Stack, Text } from "@chakra-ui/react";

import { type Answer, EmptyState, Loaded, LoadingState, Section, TimeChart, day, daysOf, toNumber, useApi, useScope } from "../../components";
import { AD_PRODUCTS } from "./adProducts";

type AdsDay = Answer<"/api/ads/days">[number];

/** Spend by ad product and ad sales by day; days whose sales are not final are hatched. */
export const AdsDays = () => {
  const scope = useScope();
  const result = useApi("/api/ads/days", { query: scope.query });
  const days = daysOf(scope.start, scope.end);
  return (
    <Section
      title="By day"
      lead="On the day of the click. Hatched: attributed sales may still grow. They are final 10 days after the day for Sponsored Products and 17 for Brands and Display."
    >
      <Loaded result={result} loading={<LoadingState lines={6} />} empty={<EmptyState title="No advertising on these days" />}>
        {(found) => (
          <Stack gap={3}>
            {[...new Set(found.map(({ currency }) => currency))].map((currency, _, all) => (
              <OfCurrency key={currency} rows={found.filter((row) => row.currency === currency)} days={days} currency={currency} named={all.length > 1} />
            ))}
            <Text fontSize="sm" color="fg.muted">
              {Object.keys(AD_PRODUCTS).map((product) => finalText(product, found)).filter(Boolean).join(" ")}
            </Text>
          </Stack>
        )}
      </Loaded>
    </Section>
  );
};

/** From when on the sales of an ad product are not final. */
const finalText = (product: string, rows: readonly AdsDay[]) => {
  const open = rows.filter((row) => row.ad_product === product && row.status !== "complete");
  const first = open[0];
  if (!rows.some((row) => row.ad_product === product)) return "";
  return first
    ? `${AD_PRODUCTS[product]}: not final from ${day(first.day, "short")} on; that day becomes final with a report of ${day(first.final_on, "short")} or later.`
    : `${AD_PRODUCTS[product]}: all of these days are final.`;
};

interface OfCurrencyProps {
  rows: readonly AdsDay[];
  days: readonly string[];
  currency: string;
  named: boolean;
}

const OfCurrency = ({ rows, days, currency, named }: OfCurrencyProps) => {
  const products = Object.keys(AD_PRODUCTS).filter((product) => rows.some((row) => row.ad_product === product));
  const spend = (product: string) => {
    const byDay = new Map(rows.filter((row) => row.ad_product === product).map((row) => [row.day, row.spend]));
    return days.map((each) => byDay.get(each) ?? null);
  };
  const sales = days.map((each) => {
    const values = rows.filter((row) => row.day === each).map((row) => toNumber(row.sales));
    return values.length === 0 || values.includes(null) ? null : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  });
  const status = days.map((each) => {
    const told = rows.filter((row) => row.day === each).map((row) => row.status);
    return ["incomplete", "estimated", "complete"].find((word) => told.includes(word));
  });
  return (
    <Stack gap={1}>
      {named && <Text fontWeight="semibold">{currency}</Text>}
      <TimeChart
        label={`Advertising by day${named ? `, ${currency}` : ""}`} days={days} kind="money" currency={currency} stack status={status}
        series={[
          ...products.map((product) => ({ name: `Spend, ${AD_PRODUCTS[product]}`, look: "bar" as const, values: spend(product) })),
          { name: "Ad sales", look: "line" as const, values: sales },
        ]}
      />
    </Stack>
  );
};
