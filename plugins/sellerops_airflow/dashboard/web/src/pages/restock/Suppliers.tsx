import { Link, Table } from "@chakra-ui/react";

import { type Answer, Day, EmptyState, Money, Section, Units, csvAddress, useScope } from "../../components";

/** What is due at each supplier, each as a purchase order. */
export const Suppliers = ({ rows }: { rows: Answer<"/api/restock">["suppliers"] }) => {
  const { query } = useScope();
  if (rows.length === 0) return <EmptyState title="Nothing to order">No order is due within a week in this scope.</EmptyState>;
  return (
    <Section title="Orders by supplier" lead="Orders due within a week, and quantities you set. Amounts in a purchase order are in the marketplace's currency.">
      <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
        <Table.Root size="sm">
          <Table.Header>
            <Table.Row>
              {["Supplier", "First order by", "SKUs", "Units", "Cash", "Deposit", "Purchase order"].map((text, index) => (
                <Table.ColumnHeader key={text} textAlign={index > 1 && index < 6 ? "end" : "start"}>
                  {text}
                </Table.ColumnHeader>
              ))}
            </Table.Row>
          </Table.Header>
          <Table.Body>
            {rows.map((row) => (
              <Table.Row key={`${row.supplier}|${row.currency}`}>
                <Table.Cell>{row.supplier || "None named"}</Table.Cell>
                <Table.Cell>
                  <Day value={row.order_by} />
                </Table.Cell>
                <Table.Cell textAlign="end">
                  <Units value={row.skus} />
                </Table.Cell>
                <Table.Cell textAlign="end">
                  <Units value={row.units} />
                </Table.Cell>
                <Table.Cell textAlign="end">
                  <Money value={row.cash_needed} currency={row.currency} reason="no cost is known" />
                </Table.Cell>
                <Table.Cell textAlign="end">
                  <Money value={row.cash_deposit} currency={row.currency} reason="no cost is known" />
                </Table.Cell>
                <Table.Cell>
                  <Link
                    href={csvAddress("/api/restock/purchase-order", { ...query, supplier: row.supplier })} download variant="underline" color="blue.fg"
                    aria-label={`Purchase order of ${row.supplier || "no named supplier"} as CSV`}
                  >
                    CSV
                  </Link>
                </Table.Cell>
              </Table.Row>
            ))}
          </Table.Body>
        </Table.Root>
      </Table.ScrollArea>
    </Section>
  );
};
