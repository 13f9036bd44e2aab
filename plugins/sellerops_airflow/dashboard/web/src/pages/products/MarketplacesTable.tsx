import { Box, Table } from "@chakra-ui/react";

import { Day, Money, StatusBadge, Units, useMarketplaces } from "../../components";
import type { StoryData } from "./story";

/** Where the SKU is listed, and what is in stock there now. */
export const MarketplacesTable = ({ marketplaces }: { marketplaces: StoryData["marketplaces"] }) => {
  const names = useMarketplaces();
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
          {marketplaces.map((marketplace) => (
            <Table.Row key={marketplace.marketplace_id}>
              <Table.Cell>{names.name(marketplace.marketplace_id)}</Table.Cell>
              <Table.Cell>{marketplace.is_listed ? <StatusBadge status={marketplace.listing_status ?? "unknown"} tone={marketplace.listing_status === "Active" ? "good" : "warning"} /> : "not listed"}</Table.Cell>
              <Table.Cell textAlign="end">
                <Money value={marketplace.price} currency={marketplace.currency} />
              </Table.Cell>
              <Table.Cell>{marketplace.size_tier ?? "—"}</Table.Cell>
              <Table.Cell textAlign="end" title={marketplace.is_counted === false ? "Stock shared with other marketplaces" : undefined}>
                <Units value={marketplace.available} reason="no stock is reported" />
                {marketplace.is_counted === false ? " (shared)" : ""}
              </Table.Cell>
              <Table.Cell textAlign="end">
                <Units value={marketplace.inbound_open} />
              </Table.Cell>
              <Table.Cell>{marketplace.next_expected_on ? <Day value={marketplace.next_expected_on} style="short" /> : "—"}</Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Box>
  );
};
