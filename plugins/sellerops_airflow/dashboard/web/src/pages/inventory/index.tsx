import { EmptyState, Loaded, PageFrame, Tabs, Tile, Tiles, units, useApi, useHubContext, useScope } from "../../components";
import { Ages } from "./Ages";
import { Arrivals } from "./Arrivals";
import { Elsewhere } from "./Elsewhere";
import { Levels } from "./Levels";

/** What there is, where it is, what it is worth, how old it is and how long it lasts. */
const Inventory = () => {
  const scope = useScope();
  const hidden = useHubContext().data?.user.costs_hidden ?? "";
  // The totals of the same tables that the tabs show.
  const levels = useApi("/api/inventory/levels", { query: { ...scope.query, limit: 1 } });
  const ages = useApi("/api/inventory/ages", { query: { ...scope.query, limit: 1 } });
  return (
    <PageFrame title="Inventory" lead="What you own, where it is, what it is worth and how long it lasts." scope={["marketplace", "currency"]}>
      <Loaded
        result={levels}
        isEmpty={(table) => table.totals === null}
        empty={<EmptyState title="No stock yet">Switch on the FBA stock reports and DAG marts__daily. You can enter stock in your own warehouse below once they have run.</EmptyState>}
      >
        {({ totals }) =>
          totals && (
            <Tiles>
              <Tile label="Sellable at Amazon" kind="units" value={totals.available} note={`${units(totals.fc_transfer)} between warehouses, ${units(totals.reserved_customer_orders)} sold but not shipped`} />
              <Tile
                label="On the way to Amazon" kind="units" params={{ tab: "arrivals" }} to="inventory"
                value={(totals.inbound_working ?? 0) + (totals.inbound_shipped ?? 0) + (totals.inbound_receiving ?? 0)}
                note={`${units(totals.inbound_receiving)} being received, ${units(totals.inbound_14_days)} of dated shipments within 14 days`}
              />
              <Tile label="Value at cost" kind="money" value={totals.stock_value} currency={totals.currency} status={totals.status} missing={totals.missing} note={`${hidden ? `${hidden} ` : ""}${units(totals.units_owned)} units that you own${totals.without_cost > 0 ? `, excluding ${units(totals.without_cost)} SKUs whose cost is unknown` : ""}`} />
              <Tile
                label="In your warehouse" kind="units" value={totals.own_warehouse} to="inventory" params={{ tab: "elsewhere" }}
                note={totals.own_warehouse === null ? "Nothing entered yet" : `${units(totals.on_order)} more on order, ${units(totals.awd_available)} in AWD`}
              />
              <Tile
                label="Older than 180 days" kind="units" value={ages.data?.totals?.aged_units ?? null} to="inventory" params={{ tab: "ages" }}
                note={ages.data?.totals ? undefined : "The report fba_inventory_planning is not collected"}
              />
            </Tiles>
          )
        }
      </Loaded>
      <Tabs
        label="Parts of Inventory"
        tabs={[
          { value: "levels", title: "Levels", content: () => <Levels /> },
          { value: "ages", title: "Age", content: () => <Ages /> },
          { value: "arrivals", title: "On the way", content: () => <Arrivals /> },
          { value: "elsewhere", title: "Your warehouse and orders", content: () => <Elsewhere /> },
        ]}
      />
    </PageFrame>
  );
};

export default Inventory;
