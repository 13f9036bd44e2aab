import { type Answer, EmptyState, Loaded, LoadingState, Money, Section, day, money, units, useApi, useScope } from "../../components";
import { Trust } from "../../components/Trust";
import { useMarketplaceName } from "../../components/useMarketplaceName";
import { MatrixTable } from "./MatrixTable";
import type { View } from "./views";

type Lines = Answer<"/api/profit/lines">;
type Row = Lines["rows"][number];
type Amount = Row["cells"][number];

const LEVELS: Record<Row["level"], string> = {
  CM1: "Selling and fulfilling orders",
  CM2: "Advertising, storage and other costs of products",
  OVERHEAD: "The account as a whole",
  BESIDE: "Beside profit: money that moves but is not earned",
};

/** Profit and loss: every line by marketplace, with totals and their comparison. */
export const LinesTable = ({ view }: { view: View }) => {
  const scope = useScope();
  const result = useApi("/api/profit/lines", { query: { ...scope.query, view } });
  return (
    <Section title="Profit and loss" lead="Income is positive, costs are negative. Point at a line to read what it contains.">
      <Loaded result={result} loading={<LoadingState lines={12} />} empty={<EmptyState title="No figures for these days" />} isEmpty={(lines) => lines.columns.length === 0}>
        {(lines) => <Matrix lines={lines} view={view} />}
      </Loaded>
    </Section>
  );
};

const Matrix = ({ lines, view }: { lines: Lines; view: View }) => {
  const nameOf = useMarketplaceName();
  const hidden = new Set(lines.hidden);
  const single = lines.currencies.length === 1;
  const totals = lines.currencies.map((currency) => ({ key: `total-${currency}`, title: single ? "Total" : `Total ${currency}`, note: currency }));
  const befores = lines.compared_from ? lines.currencies.map((currency) => ({ key: `before-${currency}`, title: single ? "Before" : `Before ${currency}`, note: `${day(lines.compared_from, "short")} – ${day(lines.compared_to, "short")}` })) : [];
  const before = (row: Row, place: number) => (lines.compared_is_whole ? (row.compared[place] ?? null) : null);
  return (
    <MatrixTable
      caption={`Profit and loss by marketplace, ${view} view`} file={`profit-${view}`} first="Line"
      columns={[
        ...totals,
        ...befores,
        ...lines.columns.map((column) => ({
          key: `${column.account_id} ${column.marketplace_id} ${column.currency}`,
          title: nameOf(column.account_id, column.marketplace_id),
          note: (
            <>
              {!single && column.currency}
              <Trust status={column.status} missing={column.missing} wrap />
            </>
          ),
        })),
      ]}
      rows={lines.rows.filter(({ name }) => !hidden.has(name)).map((row, index, all) => ({
        key: row.name,
        label: row.label,
        meaning: row.meaning,
        isSum: row.is_sum,
        heading: row.level === all[index - 1]?.level ? undefined : LEVELS[row.level],
        cells: [
          ...row.totals.map((amount, place) => <Cell key={place} amount={amount} currency={lines.currencies[place]} />),
          ...befores.map((_, place) => <Cell key={`before-${place}`} amount={before(row, place)} currency={lines.currencies[place]} />),
          ...row.cells.map((amount, place) => <Cell key={`cell-${place}`} amount={amount} currency={lines.columns[place]?.currency} />),
        ],
        values: [...row.totals, ...befores.map((_, place) => before(row, place)), ...row.cells].map((amount) => amount?.value),
      }))}
    />
  );
};

const Cell = ({ amount, currency }: { amount: Amount | null; currency: string | undefined }) => (
  <Money value={amount?.value} currency={currency} reason={amount ? reasonOf(amount, currency) : "figures are missing for the days before"} />
);

const reasonOf = ({ known, unknown_days }: Amount, currency: string | undefined) =>
  unknown_days === 0 ? "no figures" : `unknown on ${units(unknown_days)} marketplace days; the others: ${money(known, currency)}`;
