import { Box, Button, Heading, HStack, Stack, Table, Text } from "@chakra-ui/react";

import { units } from "../../lib/format";
import { StatusBadge } from "../Status";
import { useMarketplaces } from "../useMarketplaces";
import { UnitValue } from "./WhyFigure";
import { type Step, type Why, rowKeys } from "./keys";

interface WhyRowsProps {
  why: Why;
  limit: number;
  offset: number;
  goTo: (offset: number) => void;
  open: (step: Step) => void;
}

/** The mart's rows, one page at a time; each opens on its own. */
export const WhyRowsTable = ({ why, limit, offset, goTo, open }: WhyRowsProps) => {
  const marketplaces = useMarketplaces();
  const first = why.rows[0];
  if (!first) return null;
  const columns = Object.keys(first.keys);
  const enter = (row: Why["rows"][number]) =>
    open({
      name: columns.map((column) => row.keys[column]).filter((text) => text !== "").slice(-2).join(", ") || why.column,
      mart: why.mart,
      column: why.column,
      keys: rowKeys(row.keys, why.day_column),
    });
  return (
    <Stack gap={2}>
      <Heading as="h3" size="sm">
        Rows in mart {why.mart}
      </Heading>
      <Box position="relative" overflow="auto" maxH="40vh" borderWidth="1px" borderRadius="md" tabIndex={0} role="region" aria-label={`Rows of ${why.mart}`}>
        <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
          <Table.Header>
            <Table.Row bg="bg.subtle">
              {why.row_count > 1 && <Table.ColumnHeader aria-label="Open" />}
              <Table.ColumnHeader textAlign="end">{why.column}</Table.ColumnHeader>
              <Table.ColumnHeader>status</Table.ColumnHeader>
              {columns.map((column) => (
                <Table.ColumnHeader key={column}>{column}</Table.ColumnHeader>
              ))}
            </Table.Row>
          </Table.Header>
          <Table.Body>
            {why.rows.map((row) => (
              <Table.Row key={columns.map((column) => row.keys[column]).join("|")}>
                {why.row_count > 1 && (
                  <Table.Cell>
                    <Button size="2xs" variant="outline" onClick={() => enter(row)}>
                      Open
                    </Button>
                  </Table.Cell>
                )}
                <Table.Cell textAlign="end">
                  <UnitValue value={row.value} unit={why.unit} currency={row.currency} />
                </Table.Cell>
                <Table.Cell title={row.missing.length > 0 ? `missing: ${row.missing.join(", ")}` : undefined}>
                  {row.status && <StatusBadge status={row.status} />}
                </Table.Cell>
                {columns.map((column) => (
                  <Table.Cell key={column} maxW="14rem" overflow="hidden" textOverflow="ellipsis" title={row.keys[column]}>
                    {column === "marketplace_id" ? marketplaces.name(row.keys[column] ?? "") : row.keys[column]}
                  </Table.Cell>
                ))}
              </Table.Row>
            ))}
          </Table.Body>
        </Table.Root>
      </Box>
      {why.row_count > limit && (
        <HStack justify="end" gap={2}>
          <Text fontSize="sm" color="fg.muted">
            {units(offset + 1)}–{units(Math.min(why.row_count, offset + limit))} of {units(why.row_count)}
          </Text>
          <Button size="xs" variant="outline" disabled={offset === 0} onClick={() => goTo(Math.max(0, offset - limit))}>
            Previous
          </Button>
          <Button size="xs" variant="outline" disabled={offset + limit >= why.row_count} onClick={() => goTo(offset + limit)}>
            Next
          </Button>
        </HStack>
      )}
    </Stack>
  );
};
