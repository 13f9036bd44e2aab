import { Box, Button, Flex, HStack, Heading, Stack, Table, Text } from "@chakra-ui/react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { type Column, DataTable, EmptyState, HubError, HubLink, MissingList, StatusBadge, type TableState, csvAddress, units, useQueryParam } from "../../components";

interface PointData<Row> {
  rows: Row[];
  row_count: number;
  status: string;
  missing: string[];
}

interface TableOf<Row> {
  rows: Row[];
  totals?: Row | null;
  row_count: number;
}

interface PointProps<Row> {
  /** Its name in the URL, and of its route. */
  name: string;
  title: string;
  lead: string;
  /** The page about it. */
  to: string;
  toText: string;
  /** None: its marts are not built yet. */
  data: PointData<Row> | null;
  /** What to switch on then. */
  needs: string;
  /** What to say where there is nothing. */
  nothing: string;
  columns: readonly (Column<Row> | false)[];
  rowKey: (row: Row) => string;
  /** All rows, once they are asked for. */
  useAll: (name: string, open: boolean) => { result: UseQueryResult<TableOf<Row>, HubError>; state: TableState; query: object };
  /** The figures. */
  children: ReactNode;
}

/** One point of the Overview: its figures, the first rows behind them, and all of them on request. */
export const Point = <Row,>(point: PointProps<Row>) => {
  const { name, title, data, columns, rowKey } = point;
  const [open, setOpen] = useQueryParam("open");
  const isOpen = open === name;
  const table = point.useAll(name, isOpen);
  const shown = columns.filter((column): column is Column<Row> => column !== false);
  return (
    <Box as="section" aria-label={title} borderWidth="1px" borderRadius="lg" bg="bg.panel" p={{ base: 3, md: 4 }} minW={0}>
      <Flex justify="space-between" gap={3} align="start" flexWrap="wrap" mb={3}>
        <Box>
          <HStack gap={2} flexWrap="wrap">
            <Heading as="h2" size="md">
              {title}
            </Heading>
            {data && data.row_count > 0 && <StatusBadge status={data.status} />}
          </HStack>
          <Text fontSize="sm" color="fg.muted">
            {point.lead}
          </Text>
        </Box>
        <HubLink to={point.to}>{point.toText}</HubLink>
      </Flex>
      {!data ? (
        <EmptyState title="Not built yet">{point.needs}</EmptyState>
      ) : (
        <Stack gap={3}>
          {data.missing.length > 0 && <MissingList missing={data.missing} inline />}
          {data.row_count === 0 ? <Text color="fg.muted">{data.status === "incomplete" ? "No figures yet." : point.nothing}</Text> : point.children}
          {data.row_count > 0 && !isOpen && <FirstRows caption={title} columns={shown} rows={data.rows} rowKey={rowKey} />}
          {isOpen && (
            <DataTable
              caption={title} columns={columns} result={table.result} rowKey={rowKey} state={table.state} csv={csvAddress(`/api/overview/${name}`, table.query)}
            />
          )}
          {data.row_count > 0 && (
            <Button size="xs" variant="outline" alignSelf="start" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? "" : name)}>
              {isOpen ? "Show less" : data.row_count > data.rows.length ? `All ${units(data.row_count)} rows` : "Sort or download as CSV"}
            </Button>
          )}
        </Stack>
      )}
    </Box>
  );
};

interface FirstRowsProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}

const FirstRows = <Row,>({ caption, columns, rows, rowKey }: FirstRowsProps<Row>) => (
  <Box position="relative" overflowX="auto" tabIndex={0} role="region" aria-label={`${caption}: the first rows`}>
    <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
      <Table.Header>
        <Table.Row bg="bg.subtle">
          {columns.map((column) => (
            <Table.ColumnHeader key={column.key} textAlign={column.align} title={column.help}>
              {column.header}
            </Table.ColumnHeader>
          ))}
        </Table.Row>
      </Table.Header>
      <Table.Body>
        {rows.map((row) => (
          <Table.Row key={rowKey(row)}>
            {columns.map((column) => (
              <Table.Cell key={column.key} textAlign={column.align} maxW="24rem" overflow="hidden" textOverflow="ellipsis">
                {column.cell(row)}
              </Table.Cell>
            ))}
          </Table.Row>
        ))}
      </Table.Body>
    </Table.Root>
  </Box>
);
