import { HStack, Stack, Text } from "@chakra-ui/react";

import { type Answer, EmptyState, Loaded, LoadingState, MissingList, StatusBadge, Tile, Tiles, day, percent, units, useApi, useScope } from "../../components";

type Summary = Answer<"/api/ads/summary">[number];

/** Spend and what it brought, one row of tiles per currency. */
export const AdsTiles = () => {
  const scope = useScope();
  const result = useApi("/api/ads/summary", { query: scope.query });
  const empty = (
    <EmptyState title="No advertising on these days">
      Choose other days or marketplaces. If you advertise and nothing is here at all, connect Amazon Ads (Connections page) and switch on the reports
      sp_campaigns, sb_campaigns and sd_campaigns.
    </EmptyState>
  );
  return (
    <Loaded result={result} loading={<LoadingState lines={3} height="16" />} empty={empty}>
      {(summaries) => (
        <Stack gap={4}>
          {summaries.map((summary) => (
            <OfCurrency key={summary.currency} summary={summary} named={summaries.length > 1} />
          ))}
        </Stack>
      )}
    </Loaded>
  );
};

const OfCurrency = ({ summary, named }: { summary: Summary; named: boolean }) => {
  const { figures, compared, currency, status } = summary;
  const days = summary.compared_from && `${day(summary.compared_from, "short")} – ${day(summary.compared_to, "short")}`;
  const share = figures.spend && figures.unallocated ? Number(figures.unallocated) / Number(figures.spend) : null;
  return (
    <Stack gap={2}>
      <HStack gap={3} flexWrap="wrap" fontSize="sm">
        {named && <Text fontWeight="semibold">{currency || "Without a reporting currency"}</Text>}
        <StatusBadge status={status} />
        <MissingList missing={summary.missing} inline />
        {summary.open_days > 0 && <Text color="fg.muted">Attributed sales of {units(summary.open_days)} days may still grow.</Text>}
        {days && <Text color="fg.muted">{compared ? `Compared with ${days}.` : `Not compared: ${days} lacks figures.`}</Text>}
      </HStack>
      <Tiles>
        <Tile label="Spend" kind="money" value={figures.spend} before={compared?.spend} currency={currency} good="neither" />
        <Tile label="Ad sales" kind="money" value={figures.sales} before={compared?.sales} currency={currency} status={status} />
        <Tile
          label="ACOS" kind="percent" value={figures.acos} before={compared?.acos} good="down" status={status}
          note={figures.break_even_acos === null ? undefined : `Break-even: ${percent(figures.break_even_acos)}.`}
        />
        <Tile label="TACOS" kind="percent" value={figures.tacos} before={compared?.tacos} good="down" />
        <Tile label="ROAS" kind="money" value={figures.roas} before={compared?.roas} currency={null} status={status} note={`Sales per 1 ${currency} spent.`} />
        <Tile
          label="Unallocated spend" kind="money" value={figures.unallocated} before={compared?.unallocated} currency={currency} good="down"
          note={share === null ? "Spend without a known SKU." : `${percent(share)} of spend has no known SKU.`}
        />
        <Tile label="Clicks" kind="units" value={figures.clicks} before={compared?.clicks} good="neither" />
        <Tile label="Orders from ads" kind="units" value={figures.orders} before={compared?.orders} status={status} />
      </Tiles>
    </Stack>
  );
};
