import { Box, Button, Flex, Span, Stack, Table, Text } from "@chakra-ui/react";
import type { ReactNode } from "react";

import { saveCsv } from "./csv";

export interface MatrixRow {
  key: string;
  label: string;
  meaning: string;
  isSum?: boolean;
  /** Starts a group with this heading. */
  heading?: string;
  cells: readonly ReactNode[];
  /** The same cells as they are written to the CSV. */
  values: readonly (string | number | null | undefined)[];
}

interface MatrixProps {
  /** What the rows are; read out. */
  caption: string;
  /** Name of the CSV's file. */
  file: string;
  first: string;
  columns: readonly { key: string; title: string; note?: ReactNode; start?: boolean }[];
  rows: readonly MatrixRow[];
  tools?: ReactNode;
}

const FIRST = { position: "sticky", left: 0, zIndex: 1 } as const;

/** Lines by marketplace: the first column stays in sight, sums are bold, the CSV holds exactly what is shown. */
export const MatrixTable = ({ caption, file, first, columns, rows, tools }: MatrixProps) => (
  <Box minW={0}>
    <Flex justify="space-between" gap={2} mb={2} flexWrap="wrap">
      <Box>{tools}</Box>
      <Button
        size="xs" variant="plain" color="blue.fg" textDecoration="underline"
        onClick={() => saveCsv(file, [[first, ...columns.map(({ title }) => title)], ...rows.map(({ label, values }) => [label, ...values])])}
      >
        CSV
      </Button>
    </Flex>
    <Box overflow="auto" maxH="80vh" borderWidth="1px" borderRadius="md" tabIndex={0} role="region" aria-label={caption}>
      <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
        <Table.Caption srOnly>{caption}</Table.Caption>
        <Table.Header position="sticky" top={0} zIndex={2}>
          <Table.Row bg="bg.subtle">
            <Table.ColumnHeader {...FIRST} bg="bg.subtle">
              {first}
            </Table.ColumnHeader>
            {columns.map(({ key, title, note, start }) => (
              <Table.ColumnHeader key={key} textAlign={start ? "start" : "end"} verticalAlign="top">
                <Stack gap={0} align={start ? "start" : "end"}>
                  <Span>{title}</Span>
                  {note}
                </Stack>
              </Table.ColumnHeader>
            ))}
          </Table.Row>
        </Table.Header>
        <Table.Body>{rows.map((row) => [row.heading && <Heading key={`${row.key}-heading`} text={row.heading} span={columns.length + 1} />, <Line key={row.key} row={row} />])}</Table.Body>
      </Table.Root>
    </Box>
  </Box>
);

const Heading = ({ text, span }: { text: string; span: number }) => (
  <Table.Row bg="bg.subtle">
    <Table.Cell colSpan={span} color="fg.muted" fontSize="xs" fontWeight="semibold">
      <Text as="span" position="sticky" left={3}>
        {text}
      </Text>
    </Table.Cell>
  </Table.Row>
);

const Line = ({ row }: { row: MatrixRow }) => {
  const bg = row.isSum ? "bg.muted" : "bg.panel";
  return (
    <Table.Row bg={bg} fontWeight={row.isSum ? "semibold" : undefined}>
      <Table.ColumnHeader scope="row" {...FIRST} bg={bg} fontWeight="inherit" maxW={{ base: "9.5rem", md: "none" }} overflow="hidden" textOverflow="ellipsis" title={row.meaning}>
        {row.label}
      </Table.ColumnHeader>
      {row.cells.map((cell, index) => (
        <Table.Cell key={index} textAlign="end">
          {cell}
        </Table.Cell>
      ))}
    </Table.Row>
  );
};
