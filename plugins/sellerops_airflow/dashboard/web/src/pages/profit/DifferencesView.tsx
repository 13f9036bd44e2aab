import { Stack, Text } from "@chakra-ui/react";

import { type Answer, EmptyState, Loaded, LoadingState, Money, Section, units, useApi, useScope } from "../../components";
import { useMarketplaceName } from "../../components/useMarketplaceName";
import { MatrixTable } from "./MatrixTable";

type Differences = Answer<"/api/profit/differences">;

/** Why the figures of this page are not those of Seller Central, each reason with its amount. */
export const DifferencesView = () => {
  const scope = useScope();
  const result = useApi("/api/profit/differences", { query: scope.query });
  const empty = <EmptyState title="No orders on these days">Choose other days or marketplaces.</EmptyState>;
  return (
    <Loaded result={result} loading={<LoadingState lines={12} />} empty={empty} isEmpty={(found) => found.places.length === 0}>
      {(found) => (
        <Stack gap={4} pt={2}>
          <Section
            title="From Seller Central's sales to ours"
            lead="Begins with ordered product sales, as the dashboard and Business Reports show them, and ends with product sales of the order view. The steps add up."
          >
            <Reasons found={found} rows={found.rows.filter((row) => row.is_step)} caption="Steps from Seller Central's sales to ours" file="seller-central-steps" />
          </Section>
          <Section title="What else differs" lead="Amounts of these days that other pages place elsewhere. Each stands on its own; they are not added up.">
            <Reasons found={found} rows={found.rows.filter((row) => !row.is_step)} caption="Other differences" file="seller-central-differences" />
          </Section>
        </Stack>
      )}
    </Loaded>
  );
};

interface ReasonsProps {
  found: Differences;
  rows: Differences["rows"];
  caption: string;
  file: string;
}

const Reasons = ({ found, rows, caption, file }: ReasonsProps) => {
  const nameOf = useMarketplaceName();
  const hasTotal = found.currency !== null;
  return (
    <MatrixTable
      caption={caption} file={file} first="Reason"
      columns={[
        { key: "why", title: "Why", start: true },
        ...(hasTotal ? [{ key: "total", title: "Total", note: found.currency }] : []),
        ...found.places.map((place) => ({ key: `${place.account_id} ${place.marketplace_id}`, title: nameOf(place.account_id, place.marketplace_id), note: hasTotal ? undefined : place.currency })),
      ]}
      rows={rows.map((row) => ({
        key: row.name,
        label: row.label,
        meaning: row.meaning,
        isSum: row.is_sum,
        cells: [
          <Text key="why" as="span" display="block" textAlign="start" whiteSpace="normal" minW="18rem" maxW="30rem" fontWeight="normal" color="fg.muted" fontSize="sm">
            {row.meaning}
            {row.count !== null && row.count !== undefined ? ` ${units(row.count)} ${row.counted}.` : ""}
          </Text>,
          ...(hasTotal ? [<Money key="total" value={row.total} currency={found.currency} reason="not known" />] : []),
          ...row.amounts.map((amount, place) => <Money key={place} value={amount} currency={found.places[place]?.currency} reason="not known" />),
        ],
        values: [row.meaning, ...(hasTotal ? [row.total] : []), ...row.amounts],
      }))}
    />
  );
};
