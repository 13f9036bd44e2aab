import { Box, Button, Flex, HStack, Input, Link, Span, Stack, Table, Text } from "@chakra-ui/react";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";

import type { HubError } from "../api/errors";
import { units } from "../lib/format";
import { EmptyState, Loaded, LoadingState } from "./States";
import type { TableState } from "./useTable";

export interface Column<Row, Totals = Row> {
  /** Name of the API's column, by which it sorts. */
  key: string;
  header: string;
  /** What it means, in a tooltip. */
  help?: string;
  /** Numbers stand at the end. */
  align?: "start" | "end";
  /** Default: yes if the table has a state. */
  sortable?: boolean;
  cell: (row: Row) => ReactNode;
  total?: (totals: Totals) => ReactNode;
}

interface TableData<Row, Totals> {
  rows: Row[];
  totals?: Totals | null;
  row_count: number;
}

interface DataTableProps<Row, Totals> {
  /** What the rows are; read out, not shown. */
  caption: string;
  columns: readonly (Column<Row, Totals> | false)[];
  result: UseQueryResult<TableData<Row, Totals>, HubError>;
  rowKey: (row: Row) => string;
  /** Of `useTable`; without it the table neither sorts nor pages. */
  state?: TableState;
  /** Address of the CSV: `csvAddress(path, query)`. */
  csv?: string;
  /** What the search box looks for, as "SKU or title"; without it there is none. */
  search?: string;
  empty?: ReactNode;
  /** Beside the search box. */
  tools?: ReactNode;
}

/** Rows of the API: sorted and paged by it, first column and totals always in sight, as CSV. */
export const DataTable = <Row, Totals = Row>(props: DataTableProps<Row, Totals>) => {
  const { caption, result, rowKey, state, csv, search, tools } = props;
  const columns = props.columns.filter((column): column is Column<Row, Totals> => column !== false);
  const empty = props.empty ?? (
    <EmptyState title="No rows">{state?.q ? "Nothing matches. Clear the search." : "Choose other days or marketplaces."}</EmptyState>
  );
  return (
    <Box minW={0}>
      {(search || csv || tools) && (
        <Flex justify="space-between" gap={2} mb={2} flexWrap="wrap">
          <HStack gap={2} flexWrap="wrap">
            {search && state && <Search what={search} state={state} />}
            {tools}
          </HStack>
          {csv && (
            <Link href={csv} download variant="underline" color="blue.fg" fontSize="sm" alignSelf="center">
              CSV
            </Link>
          )}
        </Flex>
      )}
      <Loaded result={result} loading={<LoadingState lines={8} />} empty={empty} isEmpty={(data) => data.row_count === 0}>
        {(data) => (
          <Stack gap={2}>
            <Box position="relative" overflow="auto" maxH="70vh" borderWidth="1px" borderRadius="md" tabIndex={0} role="region" aria-label={caption}>
              <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
                <Table.Caption srOnly>{caption}</Table.Caption>
                <Table.Header position="sticky" top={0} zIndex={2}>
                  <Table.Row bg="bg.subtle">
                    {columns.map((column, index) => (
                      <Header key={column.key} column={column} first={index === 0} state={state} />
                    ))}
                  </Table.Row>
                </Table.Header>
                <Table.Body>
                  {data.rows.map((row) => (
                    <Table.Row key={rowKey(row)} _hover={{ bg: "bg.subtle" }}>
                      {columns.map((column, index) => (
                        <Cell key={column.key} column={column} first={index === 0}>
                          {column.cell(row)}
                        </Cell>
                      ))}
                    </Table.Row>
                  ))}
                </Table.Body>
                {data.totals && (
                  <Table.Footer position="sticky" bottom={0} zIndex={2}>
                    <Table.Row bg="bg.muted" fontWeight="semibold">
                      {columns.map((column, index) => (
                        <Cell key={column.key} column={column} first={index === 0} bg="bg.muted">
                          {column.total && data.totals ? column.total(data.totals) : index === 0 ? `Total of ${units(data.row_count)}` : null}
                        </Cell>
                      ))}
                    </Table.Row>
                  </Table.Footer>
                )}
              </Table.Root>
            </Box>
            {state && data.row_count > state.limit && <Pages state={state} count={data.row_count} />}
          </Stack>
        )}
      </Loaded>
    </Box>
  );
};

const sticky = (first: boolean, bg: string) => (first ? ({ position: "sticky", left: 0, bg, zIndex: 1 } as const) : {});

const Header = <Row, Totals>({ column, first, state }: { column: Column<Row, Totals>; first: boolean; state?: TableState }) => {
  const sorted = state?.sort === column.key;
  const order = sorted ? (state.direction === "asc" ? "ascending" : "descending") : undefined;
  const end = column.align === "end";
  return (
    <Table.ColumnHeader aria-sort={order} textAlign={end ? "end" : "start"} title={column.help} {...sticky(first, "bg.subtle")}>
      {state && column.sortable !== false ? (
        <Button
          variant="plain" size="xs" px={0} h="auto" fontSize="inherit" fontWeight="inherit" color="inherit" onClick={() => state.sortBy(column.key)}
          _focusVisible={{ outline: "2px solid", outlineColor: "blue.solid" }}
        >
          {column.header}
          <Span aria-hidden opacity={sorted ? 1 : 0.25}>
            {sorted && state.direction === "asc" ? "▲" : "▼"}
          </Span>
        </Button>
      ) : (
        column.header
      )}
    </Table.ColumnHeader>
  );
};

interface CellProps<Row, Totals> {
  column: Column<Row, Totals>;
  first: boolean;
  bg?: string;
  children: ReactNode;
}

const Cell = <Row, Totals>({ column, first, bg = "bg.panel", children }: CellProps<Row, Totals>) => (
  <Table.Cell textAlign={column.align === "end" ? "end" : "start"} maxW={first ? { base: "9rem", md: "18rem" } : undefined} overflow={first ? "hidden" : undefined} textOverflow="ellipsis" {...sticky(first, bg)}>
    {children}
  </Table.Cell>
);

const WAIT = 300;

const Search = ({ what, state }: { what: string; state: TableState }) => {
  const [text, setText] = useState(state.q);
  useEffect(() => setText(state.q), [state.q]);
  useEffect(() => {
    if (text === state.q) return undefined;
    const timer = setTimeout(() => state.find(text), WAIT);
    return () => clearTimeout(timer);
  });
  return (
    <Input
      type="search" size="sm" width="16rem" maxW="100%" placeholder={`Find ${what}`} aria-label={`Find ${what}`} value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
};

const Pages = ({ state, count }: { state: TableState; count: number }) => (
  <HStack gap={2} justify="end" as="nav" aria-label="Pages of the table">
    <Text fontSize="sm" color="fg.muted">
      {units(state.offset + 1)}–{units(Math.min(count, state.offset + state.limit))} of {units(count)}
    </Text>
    <Button size="xs" variant="outline" disabled={state.offset === 0} onClick={() => state.goTo(Math.max(0, state.offset - state.limit))}>
      Previous
    </Button>
    <Button size="xs" variant="outline" disabled={state.offset + state.limit >= count} onClick={() => state.goTo(state.offset + state.limit)}>
      Next
    </Button>
  </HStack>
);
