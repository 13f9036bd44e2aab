import { Box, Table } from "@chakra-ui/react";

import { Day, Money, StatusBadge, Units, useShops } from "../../components";
import type { StoryData } from "./story";

/** Where the SKU is listed, and what is in stock there now. */
export const ShopsTable = ({ shops }: { shops: StoryData["shops"] }) => {
  const names = useShops();
  return (
    <Box position="relative" overflowX="auto" mt={3} tabIndex={0} role="region" aria-label="Marketplaces of the SKU">
      <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
        <Table.Header>
          <Table.Row bg="bg.subtle">
            {["Marketplace", "Listing", "Price", "Size tier", "In stock", "Inbound", "Next arrival"].map((name) => (
              <Table.ColumnHeader key={name} textAlign={["Price", "In stock", "Inbound"].includes(name) ? "end" : "start"}>
                {name}
              </Table.ColumnHeader>
            ))}
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {shops.map((shop) => (
            <Table.Row key={shop.marketplace_id}>
              <Table.Cell>{names.name(shop.marketplace_id)}</Table.Cell>
              <Table.Cell>{shop.is_listed ? <StatusBadge status={shop.listing_status ?? "unknown"} tone={shop.listing_status === "Active" ? "good" : "warning"} /> : "not listed"}</Table.Cell>
              <Table.Cell textAlign="end">
                <Money value={shop.price} currency={shop.currency} />
              </Table.Cell>
              <Table.Cell>{shop.size_tier ?? "—"}</Table.Cell>
              <Table.Cell textAlign="end" title={shop.is_counted === false ? "Stock that it shares with other marketplaces" : undefined}>
                <Units value={shop.available} reason="no stock is reported" />
                {shop.is_counted === false ? " (shared)" : ""}
              </Table.Cell>
              <Table.Cell textAlign="end">
                <Units value={shop.inbound_open} />
              </Table.Cell>
              <Table.Cell>{shop.next_expected_on ? <Day value={shop.next_expected_on} style="short" /> : "—"}</Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Box>
  );
};
