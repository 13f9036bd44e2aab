import { Box, Button, HStack, Input, Table } from "@chakra-ui/react";
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router-dom";

import { type Answer, BandChart, FormField, Loaded, Section, day, money, percent, units, useApi } from "../../components";
import { ORDER_STATUS, type Place, reasonsText } from "./words";

const FIELDS = {
  lead_time: { label: "Lead time, days", min: 0, max: 365, step: 1 },
  service_level: { label: "Service level, %", min: 50, max: 99.5, step: 0.5 },
  review_days: { label: "Days between orders", min: 1, max: 180, step: 1 },
  demand_factor: { label: "Demand, %", min: 1, max: 1000, step: 5 },
  extra_units: { label: "Extra units at Amazon", min: 0, max: 1_000_000, step: 1 },
} as const;
type Field = keyof typeof FIELDS;
const NAMES = Object.keys(FIELDS) as Field[];
const IN_PERCENT: readonly Field[] = ["service_level", "demand_factor"];
const WAIT = 300;

/** The order under other assumptions, worked out by the code that makes the recommendations. Nothing is stored. */
export const WhatIf = ({ place }: { place: Place }) => {
  const [search, setSearch] = useSearchParams();
  const asked = Object.fromEntries(NAMES.flatMap((name) => numberOf(name, search.get(name)))) as Partial<Record<Field, number>>;
  const result = useApi("/api/restock/what-if", { query: { ...place, ...asked } });
  const set = (name: Field, text: string) =>
    setSearch(
      (current) => {
        const next = new URLSearchParams(current);
        if (text === "") next.delete(name);
        else next.set(name, text);
        return next;
      },
      { replace: true },
    );
  const clear = () =>
    setSearch((current) => new URLSearchParams([...current].filter(([name]) => !NAMES.includes(name as Field))), { replace: true });
  return (
    <Section
      title="What if?"
      lead="Stock runs out where upcoming demand crosses the units sellable by then. Change an assumption to see the resulting order: the same code makes the recommendations, and nothing is stored."
      actions={
        Object.keys(asked).length > 0 && (
          <Button size="xs" variant="outline" onClick={clear}>
            Reset
          </Button>
        )
      }
    >
      <HStack gap={3} flexWrap="wrap" align="start" mb={3}>
        {NAMES.map((name) => (
          <Assumption key={name} name={name} value={search.get(name) ?? ""} set={(text) => set(name, text)} />
        ))}
      </HStack>
      <Loaded result={result}>
        {(answer) => (
          <>
            <BandChart
              label="Upcoming demand and stock" kind="units" days={answer.outlook.map((each) => each.day)}
              actual={answer.outlook.map((each) => each.supply)} actualName="Sellable by then" low={answer.outlook.map((each) => each.p10)}
              middle={answer.outlook.map((each) => each.p50)} high={answer.outlook.map((each) => each.p90)} bandName="P10 to P90" middleName="Demand, P50"
            />
            <Compared answer={answer} changed={Object.keys(asked).length > 0} />
          </>
        )}
      </Loaded>
    </Section>
  );
};

const numberOf = (name: Field, text: string | null): [Field, number][] => {
  const { min, max } = FIELDS[name];
  const number = text === null || text === "" ? NaN : Number(text);
  if (!Number.isFinite(number) || number < min || number > max) return [];
  return [[name, IN_PERCENT.includes(name) ? number / 100 : number]];
};

const Assumption = ({ name, value, set }: { name: Field; value: string; set: (text: string) => void }) => {
  const { label, ...limits } = FIELDS[name];
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => set(text), WAIT);
    return () => clearTimeout(timer);
  });
  const wrong = text !== "" && numberOf(name, text).length === 0;
  return (
    <Box width="10rem">
      <FormField label={label} error={wrong ? `From ${limits.min} to ${units(limits.max, { digits: 1 })}.` : undefined}>
        <Input size="sm" type="number" placeholder="unchanged" {...limits} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </FormField>
    </Box>
  );
};

type Figures = Answer<"/api/restock/what-if">["what_if"];

const LINES: [string, (row: Figures) => string][] = [
  ["Status", (row) => ORDER_STATUS[row.order_status]?.text ?? row.order_status],
  ["Order by", (row) => day(row.order_by)],
  ["Order", (row) => units(row.order_quantity)],
  ["changed because", (row) => reasonsText(row.order_quantity_reason) || "—"],
  ["Cash", (row) => money(row.cash_needed, row.currency)],
  ["Service level", (row) => percent(row.service_level)],
  ["Demand over the period, P50", (row) => units(row.demand_p50)],
  ["Reorder point", (row) => units(row.reorder_point)],
  ["Target", (row) => units(row.target)],
  ["Out of stock", (row) => day(row.stock_out_on)],
  ["Units lost even if ordered today", (row) => units(row.lost_units)],
  ["Margin lost even if ordered today", (row) => money(row.lost_margin, row.currency)],
];

const Compared = ({ answer, changed }: { answer: Answer<"/api/restock/what-if">; changed: boolean }) => (
  <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
    <Table.Root size="sm" maxW="40rem">
      <Table.Header>
        <Table.Row>
          <Table.ColumnHeader>Ignoring quantities set by people</Table.ColumnHeader>
          <Table.ColumnHeader textAlign="end">Now</Table.ColumnHeader>
          {changed && <Table.ColumnHeader textAlign="end">What if</Table.ColumnHeader>}
        </Table.Row>
      </Table.Header>
      <Table.Body aria-live="polite">
        {LINES.map(([text, write]) => {
          const [before, after] = [write(answer.as_it_is), write(answer.what_if)];
          return (
            <Table.Row key={text}>
              <Table.Cell>{text}</Table.Cell>
              <Table.Cell textAlign="end">{before}</Table.Cell>
              {changed && (
                <Table.Cell textAlign="end" fontWeight={before === after ? undefined : "semibold"}>
                  {after}
                </Table.Cell>
              )}
            </Table.Row>
          );
        })}
      </Table.Body>
    </Table.Root>
  </Table.ScrollArea>
);
