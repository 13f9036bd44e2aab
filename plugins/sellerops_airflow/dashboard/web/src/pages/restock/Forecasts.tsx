import { Table, Text } from "@chakra-ui/react";

import { type Answer, EmptyState, MissingList, Section, StatusBadge, Tile, Tiles, day, percent, units } from "../../components";
import { CLASSES, FIGURES, MODELS } from "./words";

type History = Answer<"/api/restock/sku">["history"];

/** The forecast in use: its back-test, what changed since the one before, and the grades of earlier ones. */
export const Forecasts = ({ history }: { history: History }) => {
  const [now] = history.forecasts;
  if (!now) return <EmptyState title="No forecast">The mart forecast has no row for this SKU in the last four months.</EmptyState>;
  return (
    <>
      <Section
        title="Can I trust the forecast?"
        lead={`Made on ${day(now.day)} for ${units(now.horizon_days)} days by ${MODELS[now.model ?? ""] ?? now.model}; demand is ${(CLASSES[now.demand_class ?? ""] ?? "unknown").toLowerCase()}, seasonality: ${now.seasonality ?? "none"}.`}
        actions={<StatusBadge status={now.status} />}
      >
        <MissingList missing={now.missing} inline />
        <BackTest now={now} />
        <Text fontSize="sm" color="fg.muted" mt={2}>
          {units(now.origins)} back-tests. {units(now.history_days)} days of history; in the last 91 days, {units(now.masked_days)} masked,{" "}
          {units(now.event_days)} with events; {percent(now.data_quality, { digits: 0 })} complete.{" "}
          {now.drift ? "The error of the last 14 days is far above that of the back-test: check this SKU." : ""}
        </Text>
      </Section>
      <Changes history={history} />
      <Grades rows={history.grades} />
    </>
  );
};

const BackTest = ({ now }: { now: History["forecasts"][number] }) => {
  const reason = now.wape === null ? ["history"] : [];
  return (
    <Tiles>
      <Tile label="Error (WAPE)" kind="percent" value={now.wape} missing={reason} note={`Floor ${percent(now.poisson_floor, { digits: 0 })}: even a perfect forecast has this error`} />
      <Tile label="Repeating last week" kind="percent" value={now.baseline_wape} note={`MASE ${units(now.mase, { digits: 2 })}: below 1 beats repeating last week`} />
      <Tile label="Demand within the 80 % band" kind="percent" value={now.coverage_80} note="For the whole class; 80 % is right, less means too little safety stock" />
      <Tile label="Bias" kind="percent" value={now.bias} note="Positive: forecasts are too high" />
      <Tile
        label="Baselines over the horizon" kind="units" value={now.in_stock_mean}
        note={`In-stock mean; seasonal naive ${units(now.seasonal_naive)}, Amazon ${units(now.amazon_units)}, ours ${units(now.p50)}`}
      />
    </Tiles>
  );
};

const Changes = ({ history }: { history: History }) => {
  const [now, before] = history.forecasts;
  if (!before) return null;
  return (
    <Section title="What changed since the last forecast" lead={`${day(before.day)} compared with ${day(now?.day)}.`}>
      {history.changes.length === 0 ? (
        <Text color="fg.muted">Nothing changed.</Text>
      ) : (
        <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
          <Table.Root size="sm" maxW="40rem">
            <Table.Header>
              <Table.Row>
                <Table.ColumnHeader>Figure</Table.ColumnHeader>
                <Table.ColumnHeader textAlign="end">Before</Table.ColumnHeader>
                <Table.ColumnHeader textAlign="end">Now</Table.ColumnHeader>
              </Table.Row>
            </Table.Header>
            <Table.Body>
              {history.changes.map((each) => (
                <Table.Row key={each.name}>
                  <Table.Cell>{FIGURES[each.name] ?? each.name}</Table.Cell>
                  <Table.Cell textAlign="end">{written(each.before)}</Table.Cell>
                  <Table.Cell textAlign="end">{written(each.after)}</Table.Cell>
                </Table.Row>
              ))}
            </Table.Body>
          </Table.Root>
        </Table.ScrollArea>
      )}
    </Section>
  );
};

const written = (text: string | null) =>
  text === null ? "—" : Number.isNaN(Number(text)) ? (MODELS[text] ?? CLASSES[text] ?? text) : units(text, { digits: 2 });

const Grades = ({ rows }: { rows: History["grades"] }) => {
  if (rows.length === 0)
    return <EmptyState title="No grades yet">The first forecast of each week is graded against the demand that follows it.</EmptyState>;
  return (
    <Section title="Grades" lead="Each day's forecast and recommendation, compared with the demand that followed; Amazon's recommendation of the same day is beside ours.">
      <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
        <Table.Root size="sm">
          <Table.Header>
            <Table.Row>
              {["Made on", "Known until", "Demand", "Forecast", "P10–P90", "In the band", "Short, ours", "Short, Amazon's", "Too many, ours", "Too many, Amazon's", "Days without stock"].map((text, index) => (
                <Table.ColumnHeader key={text} textAlign={index < 2 ? "start" : "end"}>
                  {text}
                </Table.ColumnHeader>
              ))}
            </Table.Row>
          </Table.Header>
          <Table.Body>
            {rows.map((row) => (
              <Table.Row key={row.day}>
                <Table.Cell>{day(row.day)}</Table.Cell>
                <Table.Cell>
                  {day(row.forecast_until ?? row.order_until)}
                  {row.is_forecast_final === false || row.is_order_final === false ? " (not over yet)" : ""}
                </Table.Cell>
                {[
                  units(row.forecast_demand ?? row.order_demand),
                  units(row.forecast),
                  row.p10 === null ? "—" : `${units(row.p10)}–${units(row.p90)}`,
                  row.is_in_band === null ? "—" : row.is_in_band ? "Yes" : "No",
                  units(row.short_units),
                  units(row.amazon_short_units),
                  units(row.over_units),
                  units(row.amazon_over_units),
                  units(row.stock_out_days),
                ].map((text, index) => (
                  <Table.Cell key={index} textAlign="end">
                    {text}
                  </Table.Cell>
                ))}
              </Table.Row>
            ))}
          </Table.Body>
        </Table.Root>
      </Table.ScrollArea>
    </Section>
  );
};
