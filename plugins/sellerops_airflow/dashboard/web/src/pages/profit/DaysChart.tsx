import { Stack, Text } from "@chakra-ui/react";

import { type Answer, EmptyState, Loaded, LoadingState, Section, TimeChart, daysOf, useApi, useScope } from "../../components";
import type { View } from "./views";

type Day = Answer<"/api/profit/days">[number];

const VIEWS = {
  order: { title: "By order date", bars: "Product sales", line: "Profit", of: (day: Figures) => day.profit },
  payment: { title: "By posting date", bars: "Product sales", line: "Total settled", of: (day: Figures) => day.total },
} as const;

type Figures = Pick<Day, "product_sales" | "profit" | "total">;

/** Sales as bars and what remains as a line, beside the days before. Days that are not complete are hatched. */
export const DaysChart = ({ view }: { view: View }) => {
  const scope = useScope();
  const { title, bars, line, of } = VIEWS[view];
  const result = useApi("/api/profit/days", { query: { ...scope.query, view } });
  const days = daysOf(scope.start, scope.end);
  return (
    <Section title={title} lead="Each day is compared with the same weekday. Hatched days are not complete.">
      <Loaded result={result} loading={<LoadingState lines={6} />} empty={<EmptyState title="No figures for these days" />}>
        {(found) => (
          <Stack gap={4}>
            {[...new Set(found.map(({ currency }) => currency))].map((currency, _, all) => {
              const byDay = new Map(found.filter((day) => day.currency === currency).map((day) => [day.day, day]));
              const pick = (of: (day: Day) => string | null | undefined) => days.map((day) => (byDay.has(day) ? (of(byDay.get(day) as Day) ?? null) : null));
              return (
                <Stack key={currency} gap={1}>
                  {all.length > 1 && <Text fontWeight="semibold">{currency}</Text>}
                  <TimeChart
                    label={`${title}${all.length > 1 ? `, ${currency}` : ""}`} days={days} kind="money" currency={currency}
                    series={[
                      { name: bars, look: "bar", values: pick((day) => day.product_sales) },
                      { name: line, look: "line", values: pick(of) },
                    ]}
                    comparison={scope.compare === "none" ? undefined : { name: `${bars} before`, values: pick((day) => day.compared?.product_sales) }}
                    status={days.map((day) => byDay.get(day)?.status)}
                  />
                </Stack>
              );
            })}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
};
