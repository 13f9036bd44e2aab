import { Text } from "@chakra-ui/react";

import { EmptyState, Loaded, PageFrame, Tabs, Tile, Tiles, money, units, useApi, useHubContext, useScope } from "../../components";
import { OrderTable } from "./OrderTable";
import { Overrides } from "./Overrides";
import { Suppliers } from "./Suppliers";
import { Trust } from "./Trust";

/** What to order, in total and by SKU. */
export const Orders = () => {
  const scope = useScope();
  const result = useApi("/api/restock", { query: scope.query });
  return (
    <PageFrame title="Restock" lead="What to order today, how much, why, and the cash you need." scope={["marketplace", "currency"]}>
      <Loaded
        result={result}
        isEmpty={(page) => page.totals.length === 0}
        empty={
          <EmptyState title="No recommendations yet">
            Switch on DAG marts__demand. It needs at least two weeks of orders and stock; suppliers, costs and open purchase
            orders make its figures accurate.
          </EmptyState>
        }
      >
        {(page) => (
          <>
            {page.totals.map((total) => (
              <Totals key={total.currency ?? ""} total={total} several={page.totals.length > 1} />
            ))}
            <Tabs
              label="Parts of Restock"
              tabs={[
                { value: "orders", title: "Orders", content: () => <OrderTable suppliers={page.suppliers} /> },
                { value: "suppliers", title: "By supplier", content: () => <Suppliers rows={page.suppliers} /> },
                { value: "trust", title: "Can I trust it?", content: () => <Trust quality={page.quality} scores={page.scores} /> },
                { value: "overrides", title: `Your quantities (${page.overrides.length})`, content: () => <Overrides rows={page.overrides} /> },
              ]}
            />
          </>
        )}
      </Loaded>
    </PageFrame>
  );
};

type Total = NonNullable<ReturnType<typeof useApi<"/api/restock">>["data"]>["totals"][number];

const Totals = ({ total, several }: { total: Total; several: boolean }) => {
  const { currency } = total;
  const hidden = useHubContext().data?.user.costs_hidden ?? "";
  const lacking = total.due_without_cost > 0 ? `${units(total.due_without_cost)} SKUs without a cost are left out. ` : "";
  return (
    <>
      {several && <Text fontWeight="medium">{currency ?? "Unknown currency"}</Text>}
      <Tiles>
        <Tile
          label="SKUs to order within a week" kind="units" value={total.due_skus} to="restock" params={{ tab: "" }} status={total.status} missing={total.missing}
          note={`${units(total.now_skus)} due now, ${units(total.late_skus)} of all SKUs past their order-by date`}
        />
        <Tile
          label="Cash for these orders" kind="money" value={total.due_cash} currency={currency}
          note={hidden || `${lacking}${total.due_deposit === null ? "" : `${money(total.due_deposit, currency, { compact: true })} paid with the orders`}`}
        />
        <Tile
          label="Margin lost even if ordered today" kind="money" value={total.lost_margin} currency={currency}
          note={`${units(total.lost_units)} units lost before an order placed today arrives`}
        />
        <Tile
          label="Low-inventory-level fee" kind="money" value={total.fee_expected} currency={currency}
          missing={total.fee_expected === null && total.fee_skus_without_rate > 0 ? ["fee_rule"] : []}
          note={`Expected in the next 13 weeks for ${units(total.fee_skus)} SKUs${total.fee_skus_without_rate > 0 ? `, ${units(total.fee_skus_without_rate)} of them at an unknown rate` : ""}`}
        />
        <Tile
          label="SKUs with too much stock" kind="units" value={total.overstock_skus} to="inventory" params={{ order_status: "overstock" }}
          note={total.unknown_skus > 0 ? `${units(total.unknown_skus)} more are unknown: no forecast or no stock figures` : undefined}
        />
      </Tiles>
    </>
  );
};
