import { Box, Table, Text } from "@chakra-ui/react";

import { Day, StatusBadge, Units, useMarketplaces } from "../../components";
import type { StoryData } from "./story";

/** Inbound shipments with the SKU. */
export const Shipments = ({ shipments }: { shipments: StoryData["shipments"] }) => {
  const marketplaces = useMarketplaces();
  if (shipments.length === 0) return <Text color="fg.muted">None on these days.</Text>;
  return (
    <Box position="relative" overflowX="auto" tabIndex={0} role="region" aria-label="Shipments with the SKU">
      <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
        <Table.Header>
          <Table.Row bg="bg.subtle">
            {["Shipment", "Marketplace", "Status", "Expected", "Last receipt", "Shipped", "Received", "Open", "Difference"].map((name, index) => (
              <Table.ColumnHeader key={name} textAlign={index > 4 ? "end" : "start"}>
                {name}
              </Table.ColumnHeader>
            ))}
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {shipments.map((each) => (
            <Table.Row key={each.marketplace_id + each.shipment_id}>
              <Table.Cell>{each.name ? `${each.shipment_id} · ${each.name}` : each.shipment_id}</Table.Cell>
              <Table.Cell>{marketplaces.name(each.marketplace_id)}</Table.Cell>
              <Table.Cell><StatusBadge status={each.shipment_status ?? each.stage ?? "unknown"} tone="quiet" /></Table.Cell>
              <Table.Cell>{each.expected_on ? <Day value={each.expected_on} style="short" /> : "—"}</Table.Cell>
              <Table.Cell>{each.last_received_on ? <Day value={each.last_received_on} style="short" /> : "—"}</Table.Cell>
              <Table.Cell textAlign="end"><Units value={each.units_shipped} /></Table.Cell>
              <Table.Cell textAlign="end"><Units value={each.units_received} /></Table.Cell>
              <Table.Cell textAlign="end"><Units value={each.units_open} /></Table.Cell>
              <Table.Cell textAlign="end"><Units value={each.units_difference} signed reason="known once it is closed" /></Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Box>
  );
};
