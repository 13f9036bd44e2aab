import { HStack, Stack, Text } from "@chakra-ui/react";

import { type Answer, EmptyState, Loaded, LoadingState, MissingList, StatusBadge, Tile, Tiles, day, money, useApi, useScope } from "../../components";
import type { View } from "./views";

type Summary = Answer<"/api/profit/summary">[number];
type Figure = Summary["tiles"][number];

const FALLING_IS_GOOD = new Set<string>(["unsettled"]);

/** The figures of the period, one row of tiles per currency. */
export const SummaryTiles = ({ view }: { view: View }) => {
  const scope = useScope();
  const result = useApi("/api/profit/summary", { query: { ...scope.query, view } });
  const empty = (
    <EmptyState title="No figures for these days">
      Choose other days or marketplaces. If there are none at all, switch on the DAGs marts__reference, marts__daily and marts__money.
    </EmptyState>
  );
  return (
    <Loaded result={result} loading={<LoadingState lines={3} height="16" />} empty={empty}>
      {(summaries) => (
        <Stack gap={4}>
          {summaries.map((summary) => (
            <Stack key={summary.currency} gap={2}>
              <Trusted summary={summary} named={summaries.length > 1} />
              <Tiles>
                {summary.tiles.map((tile) => (
                  <FigureTile key={tile.name} tile={tile} summary={summary} view={view} />
                ))}
              </Tiles>
            </Stack>
          ))}
        </Stack>
      )}
    </Loaded>
  );
};

/** Above the tiles: whether the period can be trusted, and what it is compared with. */
const Trusted = ({ summary, named }: { summary: Summary; named: boolean }) => {
  const whole = summary.tiles.some(({ compared }) => compared !== null);
  const days = summary.compared_from && `${day(summary.compared_from, "short")} – ${day(summary.compared_to, "short")}`;
  const whyNot = summary.missing.includes("orders")
    ? "Not compared: the orders of the last day are not all collected yet. Choose a period that ends a day earlier."
    : `Not compared: ${days} lacks figures.`;
  return (
    <HStack gap={3} flexWrap="wrap" fontSize="sm">
      {named && <Text fontWeight="semibold">{summary.currency || "Without a reporting currency"}</Text>}
      <StatusBadge status={summary.status} />
      <MissingList missing={summary.missing} inline />
      {days && <Text color="fg.muted">{whole ? `Compared with ${days}.` : whyNot}</Text>}
    </HStack>
  );
};

const FigureTile = ({ tile, summary, view }: { tile: Figure; summary: Summary; view: View }) => {
  const scope = useScope();
  const keys = { account: scope.accounts, marketplace: scope.marketplaces, start: scope.start, end: scope.end };
  const hasColumn = tile.name !== "margin";
  return (
    <Tile
      label={tile.label} kind={tile.unit === "ratio" ? "percent" : "money"} value={tile.value} currency={summary.currency}
      before={tile.compared} good={FALLING_IS_GOOD.has(tile.name) ? "neither" : "up"} status={tile.status} missing={tile.missing}
      why={hasColumn ? { mart: view === "order" ? "profit_day" : "cash_day", column: tile.name, keys } : undefined}
      note={noteOf(tile, summary.currency)}
    />
  );
};

/** What an unknown figure would say without the days on which it is unknown. */
const noteOf = ({ value, known, unknown_days }: Figure, currency: string) => {
  if (value !== null || unknown_days === 0) return undefined;
  const days = `${unknown_days} marketplace ${unknown_days === 1 ? "day" : "days"}`;
  return known === null ? `Unknown on ${days}.` : `${money(known, currency)}, excluding ${days} on which it is unknown.`;
};
