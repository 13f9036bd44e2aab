import { type Answer, type Column, DataTable, Day, EmptyState, Money, Section, Units, csvAddress, useApi, useScope, useTable } from "../../components";
import { Trust } from "../../components/Trust";

type Settlement = Answer<"/api/profit/settlements">["rows"][number];

const money = (key: keyof Settlement & string, header: string, help: string): Column<Settlement> => ({
  key, header, help, align: "end",
  cell: (row) => <Money value={row[key] as string | null} currency={row.currency} />,
  total: (row) => (row.currency ? <Money value={row[key] as string | null} currency={row.currency} /> : ""),
});

const COLUMNS: Column<Settlement>[] = [
  { key: "settlement_id", header: "Settlement", cell: (row) => row.settlement_id },
  { key: "account_id", header: "Account", cell: (row) => row.account_id, total: () => "" },
  { key: "day", header: "Period ended", cell: (row) => <Day value={row.day} />, total: () => "" },
  { key: "deposit_at", header: "Paid out", cell: (row) => <Day value={row.deposit_at?.slice(0, 10)} />, total: () => "" },
  money("total", "Total", "What Amazon pays; negative: what it charges or carries over."),
  {
    key: "shown_total", header: "In your currency", align: "end", help: "At the rate of the day on which the period ended.",
    cell: (row) => <Money value={row.shown_total} currency={row.shown_currency} reason="no exchange rate for that day" />,
    total: (row) => <Money value={row.shown_total} currency={row.shown_currency} reason="several currencies" />,
  },
  money("cm1", "CM1", "Sales, refunds, promotions, selling and fulfilment fees, without your own costs."),
  money("cm2_only", "CM2 lines", "Advertising, storage, inbound, removals, reimbursements."),
  money("overhead", "Overhead", "Subscription, services, EPR, fee adjustments."),
  money("tax", "Tax", "Collected, withheld and on fees."),
  money("balance", "Balance", "Reserves, debts, loans, transfers."),
  money("unmapped", "Unmapped", "Lines that no rule maps."),
  money("difference", "Difference", "Total less the sum of its lines: 0, unless lines are missing."),
  { key: "lines", header: "Lines", align: "end", cell: (row) => <Units value={row.lines} />, total: (row) => <Units value={row.lines} /> },
  {
    key: "status", header: "Status", total: () => "",
    cell: (row) => <Trust status={row.status} missing={row.missing} />,
  },
];

/** Settlements whose period ended in the scope. */
export const Settlements = () => {
  const scope = useScope();
  const state = useTable({ name: "settlements", sort: "day" });
  const query = { ...scope.query, ...state.query };
  const result = useApi("/api/profit/settlements", { query });
  return (
    <Section title="Settlements" lead="Amounts are in the settlement's currency. A settlement belongs to all marketplaces of its currency.">
      <DataTable
        caption="Settlements" columns={COLUMNS} result={result} rowKey={(row) => `${row.account_id} ${row.settlement_id}`} state={state}
        csv={csvAddress("/api/profit/settlements", query)} search="a settlement"
        empty={<EmptyState title="No settlement ended on these days">Amazon settles about every two weeks. Choose a longer period.</EmptyState>}
      />
    </Section>
  );
};
