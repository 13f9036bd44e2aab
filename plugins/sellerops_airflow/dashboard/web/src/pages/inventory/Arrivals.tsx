import { Table } from "@chakra-ui/react";

import { Day, EmptyState, HubLink, Loaded, MissingList, Section, Units, useApi, useScope } from "../../components";

/** Open shipments to Amazon by the day they are expected. */
export const Arrivals = () => {
  const { query } = useScope();
  const result = useApi("/api/inventory/arrivals", { query });
  return (
    <Loaded
      result={result}
      empty={<EmptyState title="Nothing is on the way">No shipment in this scope has open units. Start one on the Restock page or with DAG fba_inbound.</EmptyState>}
    >
      {(rows) => (
        <Section title="Shipments on their way" lead="Open units by the day they are expected at Amazon. Units without a date belong to no day." actions={<HubLink to="shipments">All shipments</HubLink>}>
          <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
            <Table.Root size="sm">
              <Table.Header>
                <Table.Row>
                  {["Expected", "Shipment", "Marketplace", "Stage", "Warehouse", "SKUs", "Shipped", "Received", "Open", "Missing"].map((text, index) => (
                    <Table.ColumnHeader key={text} textAlign={index > 4 && index < 9 ? "end" : "start"}>
                      {text}
                    </Table.ColumnHeader>
                  ))}
                </Table.Row>
              </Table.Header>
              <Table.Body>
                {rows.map((row) => (
                  <Table.Row key={`${row.shipment_id}|${row.stage}|${row.expected_on}`}>
                    <Table.Cell>
                      <Day value={row.expected_on} />
                    </Table.Cell>
                    <Table.Cell title={row.name ?? undefined}>{row.shipment_id}</Table.Cell>
                    <Table.Cell>{row.marketplace}</Table.Cell>
                    <Table.Cell>{row.stage}</Table.Cell>
                    <Table.Cell>{row.warehouse ?? "—"}</Table.Cell>
                    {[row.skus, row.units_shipped, row.units_received, row.units_open].map((value, index) => (
                      <Table.Cell key={index} textAlign="end">
                        <Units value={value} />
                      </Table.Cell>
                    ))}
                    <Table.Cell>
                      <MissingList missing={row.missing} inline />
                    </Table.Cell>
                  </Table.Row>
                ))}
              </Table.Body>
            </Table.Root>
          </Table.ScrollArea>
        </Section>
      )}
    </Loaded>
  );
};
