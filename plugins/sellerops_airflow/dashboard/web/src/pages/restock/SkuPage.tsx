import { HStack } from "@chakra-ui/react";

import { type Answer, EmptyState, HubLink, Loaded, MissingList, PageFrame, StatusBadge, Tile, Tiles, day, units, useApi, useHubContext } from "../../components";
import { Forecasts } from "./Forecasts";
import { History } from "./History";
import { InboundDialog } from "./InboundDialog";
import { SetOverride } from "./Overrides";
import { SkuOverrides } from "./SkuOverrides";
import { WhatIf } from "./WhatIf";
import { Why } from "./Why";
import { ORDER_STATUS, type Place, type Proposal, reasonsText } from "./words";

/** One SKU: what to order and why, its demand, its forecast and how good that was, and what-ifs. */
export const SkuPage = ({ place }: { place: Place }) => {
  const result = useApi("/api/restock/sku", { query: place });
  const owner = useHubContext().data?.user.is_owner ?? false;
  const proposal = result.data?.proposal;
  return (
    <PageFrame
      title={place.sku}
      lead={
        <>
          <HubLink to="restock">Restock</HubLink>
          {proposal?.title ? ` · ${proposal.title}` : ""}
          {proposal ? ` · ${proposal.marketplace}, amounts in ${proposal.currency ?? "its currency"}` : ""}
        </>
      }
      actions={
        <>
          <HubLink to={`products/${encodeURIComponent(place.account_id)}/${encodeURIComponent(place.sku)}`}>Product page</HubLink>
          {owner && proposal && <SetOverride place={place} proposed={proposal.order_quantity} />}
          {owner && proposal && <InboundDialog rows={[proposal]} label="Ship it to FBA…" />}
        </>
      }
    >
      <Loaded
        result={result}
        isEmpty={(page) => page.proposal === null && page.history.days.length === 0}
        empty={<EmptyState title="Nothing is known about this SKU">It has no orders and no stock in the marts of this marketplace.</EmptyState>}
      >
        {(page) => (
          <>
            {page.proposal && <Figures proposal={page.proposal} />}
            <Parts page={page} place={place} />
          </>
        )}
      </Loaded>
    </PageFrame>
  );
};

const Figures = ({ proposal }: { proposal: Proposal }) => {
  const known = ORDER_STATUS[proposal.order_status];
  const hidden = useHubContext().data?.user.costs_hidden ?? "";
  const why = { mart: "restock", keys: { account_id: proposal.account_id, marketplace_id: proposal.marketplace_id, sku: proposal.sku, day: proposal.day ?? "" } };
  return (
    <>
      <HStack flexWrap="wrap">
        <StatusBadge status={known?.text ?? proposal.order_status} tone={known?.tone ?? "quiet"} />
        <StatusBadge status={proposal.status} />
        <MissingList missing={proposal.missing} inline />
      </HStack>
      <Tiles>
        <Tile
          label="Units to order" kind="units" value={proposal.order_quantity} missing={proposal.order_quantity === null ? proposal.missing : []}
          why={{ ...why, column: "order_quantity" }}
          note={proposal.override_reason ? `Set by ${proposal.override_by} until ${day(proposal.override_until)}: ${proposal.override_reason}` : reasonsText(proposal.order_quantity_reason)}
        />
        <Tile
          label="Cash" kind="money" value={proposal.cash_needed} currency={proposal.currency} why={{ ...why, column: "cash_needed" }}
          note={hidden || (proposal.cash_balance_on ? `Balance due ${day(proposal.cash_balance_on)}` : undefined)}
        />
        <Tile
          label="Position" kind="units" value={proposal.position} why={{ ...why, column: "position" }}
          note={`Lasts ${units(proposal.cover_days)} days; order by ${day(proposal.order_by)}`}
        />
        <Tile
          label={`Demand over ${units(proposal.protection_days)} days`} kind="units" value={proposal.demand_p50} why={{ ...why, column: "demand_p50" }}
          note={`P10 ${units(proposal.demand_p10)} to P90 ${units(proposal.demand_p90)}`}
        />
        <Tile
          label="Margin lost even if ordered today" kind="money" value={proposal.lost_margin} currency={proposal.currency} why={{ ...why, column: "lost_margin" }}
          note={proposal.stock_out_on ? `Out of stock on ${day(proposal.stock_out_on)}, possibly as early as ${day(proposal.stock_out_early_on)}` : "Does not run out within a year"}
        />
      </Tiles>
    </>
  );
};

const Parts = ({ page, place }: { page: Answer<"/api/restock/sku">; place: Place }) => (
  <>
    {page.proposal && <Why proposal={page.proposal} />}
    {page.proposal && page.proposal.position !== null && <WhatIf place={place} />}
    <History days={page.history.days} />
    <Forecasts history={page.history} />
    <SkuOverrides rows={page.overrides} />
  </>
);
