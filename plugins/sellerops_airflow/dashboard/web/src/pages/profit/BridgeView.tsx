import { Stack, Text } from "@chakra-ui/react";

import { type Answer, EmptyState, Loaded, LoadingState, Money, Section, Select, useApi, useQueryParam, useScope } from "../../components";
import { Trust } from "../../components/Trust";
import { useMarketplaceName } from "../../components/useMarketplaceName";
import { MatrixTable } from "./MatrixTable";
import { Waterfall } from "./Waterfall";

type Bridge = Answer<"/api/profit/bridge">;

/** From ordered product sales to what was paid for these orders. */
export const BridgeView = () => {
  const scope = useScope();
  const result = useApi("/api/profit/bridge", { query: scope.query });
  const empty = (
    <EmptyState title="No orders on these days">
      The bridge needs the reports all_orders, sales_daily_totals and transactions. Choose other days, or switch them on.
    </EmptyState>
  );
  return (
    <Loaded result={result} loading={<LoadingState lines={12} />} empty={empty} isEmpty={(bridge) => bridge.columns.length === 0}>
      {(bridge) => (
        <Stack gap={4} pt={2}>
          <Steps bridge={bridge} />
          <Table bridge={bridge} />
        </Stack>
      )}
    </Loaded>
  );
};

const Steps = ({ bridge }: { bridge: Bridge }) => {
  const nameOf = useMarketplaceName();
  const places = bridge.columns.map(({ account_id, marketplace_id }) => ({ key: `${account_id}~${marketplace_id}`, title: nameOf(account_id, marketplace_id) }));
  const hasTotal = bridge.currency !== null;
  const [wanted, choose] = useQueryParam("bridge", hasTotal ? "all" : (places[0]?.key ?? ""));
  const at = places.findIndex(({ key }) => key === wanted);
  const options = { ...(hasTotal ? { all: "All marketplaces" } : {}), ...Object.fromEntries(places.map(({ key, title }) => [key, title])) };
  const column = at >= 0 ? at : hasTotal ? -1 : 0;
  const title = column < 0 ? "All marketplaces" : (places[column]?.title ?? "");
  return (
    <Section
      title="From ordered to paid"
      lead="Each order line is in exactly one state, so the steps add up to the cent. A sum is the total of everything above it."
      actions={<Select label="Marketplace" value={column < 0 ? "all" : (places[column]?.key ?? "")} options={options} choose={choose} />}
    >
      <Waterfall
        label={`From ordered to paid, ${title}`} currency={column < 0 ? bridge.currency : (bridge.columns[column]?.currency ?? null)}
        steps={bridge.steps.map((step) => ({ name: step.name, label: step.label, isSum: step.is_sum || step.name === "ordered", value: column < 0 ? step.total : (step.amounts[column] ?? null) }))}
      />
    </Section>
  );
};

const Table = ({ bridge }: { bridge: Bridge }) => {
  const nameOf = useMarketplaceName();
  const wrong = bridge.columns.filter(({ error }) => Number(error) !== 0);
  return (
    <Section
      title="By marketplace" lead="Orders of these days, in their current state. Point at a step to read what it is."
      actions={
        <Text fontSize="sm" color={wrong.length > 0 ? "orange.fg" : "fg.muted"}>
          {wrong.length > 0 ? `! ${wrong.length} marketplaces do not add up` : "✓ Adds up: paid = ordered and all steps"}
        </Text>
      }
    >
      <MatrixTable
        caption="From ordered to paid by marketplace" file="bridge" first="Step"
        columns={[
          ...(bridge.currency === null ? [] : [{ key: "total", title: "Total", note: bridge.currency }]),
          ...bridge.columns.map((column) => ({
            key: `${column.account_id} ${column.marketplace_id}`,
            title: nameOf(column.account_id, column.marketplace_id),
            note: (
              <>
                {bridge.currency === null && column.currency}
                <Trust status={column.status} missing={column.missing} wrap />
              </>
            ),
          })),
        ]}
        rows={bridge.steps.map((step) => ({
          key: step.name,
          label: step.is_sum ? `= ${step.label}` : step.label,
          meaning: step.meaning,
          isSum: step.is_sum || step.name === "ordered",
          cells: [
            ...(bridge.currency === null ? [] : [<Money key="total" value={step.total} currency={bridge.currency} />]),
            ...step.amounts.map((amount, place) => <Money key={place} value={amount} currency={bridge.columns[place]?.currency} reason="no exchange rate" />),
          ],
          values: [...(bridge.currency === null ? [] : [step.total]), ...step.amounts],
        }))}
      />
    </Section>
  );
};
