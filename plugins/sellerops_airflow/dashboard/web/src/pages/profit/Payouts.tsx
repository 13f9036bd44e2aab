import { type Answer, type Column, DataTable, Day, EmptyState, Money, Section, StatusBadge, useApi, useScope } from "../../components";

type Payout = Answer<"/api/profit/payouts">[number];

const money = (key: keyof Payout & string, header: string, help: string): Column<Payout> => ({
  key, header, help, align: "end",
  cell: (row) => <Money value={row[key] as string | null} currency={row.currency} />,
});

const NEXT: Column<Payout>[] = [
  { key: "currency", header: "Payout", cell: (row) => `${row.account_id} · ${row.currency}` },
  { key: "pays_on", header: "Expected on", help: "As many days after the period as the last payout.", cell: (row) => <Day value={row.pays_on} /> },
  money("forecast", "Expected", "The sum of the parts, except what is held back longer."),
  money("released", "Released", "Since the period began."),
  money("deferred_due", "Held back, due", "Released before the period closes."),
  money("expected_sales", "Further orders", "At the average of the last 28 days."),
  money("expected_fees", "Further fees", "At the average of the last 28 days."),
  money("reserve_back", "Reserve back", "What the last settlement held back."),
  money("reserve_held", "Reserve held", "As much as in the last settlement."),
  money("carried", "Carried over", "Negative balance of the last settlement."),
  money("deferred_later", "Held back longer", "Not part of the forecast."),
  { key: "day", header: "As of", help: "The forecast as of the end of this day.", cell: (row) => <Day value={row.day} /> },
  { key: "status", header: "Status", cell: (row) => <StatusBadge status={row.status} /> },
];

const PAID: Column<Payout>[] = [
  { key: "currency", header: "Payout", cell: (row) => `${row.account_id} · ${row.currency}` },
  { key: "closes_on", header: "Period closed", cell: (row) => <Day value={row.closes_on} /> },
  money("paid", "Paid", "Total of the settlement."),
  money("forecast", "Expected", "The last forecast before it."),
  money("difference", "Difference", "Paid less expected."),
];

/** What the next payouts will be, and how good earlier forecasts were. */
export const Payouts = () => {
  const scope = useScope();
  const result = useApi("/api/profit/payouts", { query: scope.query });
  const only = (keep: (payout: Payout) => boolean) => {
    const rows = result.data?.filter(keep);
    return { ...result, data: rows && { rows, row_count: rows.length } } as never;
  };
  return (
    <>
      <Section title="Next payout" lead="What the open settlement of each currency will pay.">
        <DataTable
          caption="Next payouts" columns={NEXT} result={only((payout) => payout.is_next)} rowKey={(row) => `${row.account_id} ${row.currency}`}
          empty={<EmptyState title="No open settlement">A forecast needs at least one settlement: switch on the report settlements.</EmptyState>}
        />
      </Section>
      <Section title="Earlier forecasts" lead="The last forecast before each settlement of the last three months, beside what it paid.">
        <DataTable
          caption="Payouts and their forecasts" columns={PAID} result={only((payout) => payout.paid !== null)}
          rowKey={(row) => `${row.account_id} ${row.currency} ${row.day}`} empty={<EmptyState title="No settlement yet" />}
        />
      </Section>
    </>
  );
};
