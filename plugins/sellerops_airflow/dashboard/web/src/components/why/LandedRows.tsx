import { Box, Button, HStack, Stack, Table, Text } from "@chakra-ui/react";
import { useState } from "react";

import { type Answer, useApi } from "../../api/hooks";
import { moment, units } from "../../lib/format";
import { AirflowLink } from "../Links";
import { ServerLink } from "../ServerLink";
import { Loaded, LoadingState } from "../States";
import type { RowKeys } from "./keys";

const LIMIT = 20;

interface LandedRowsProps {
  mart: string;
  column: string;
  name: string;
  keys: RowKeys;
}

/** Rows as Amazon delivered them, with the loads that brought them. */
export const LandedRows = ({ mart, column, name, keys }: LandedRowsProps) => {
  const [offset, setOffset] = useState(0);
  const result = useApi("/api/why/rows", { query: { mart, column, name, ...keys, limit: LIMIT, offset } });
  return (
    <Box mt={3}>
      <Loaded result={result} loading={<LoadingState lines={3} />}>
        {(found) =>
          found.note ? (
            <Text fontSize="sm">{found.note}</Text>
          ) : (
            <Stack gap={3}>
              <Rows name={name} found={found} />
              <HStack justify="end" gap={2}>
                <Text fontSize="sm" color="fg.muted">
                  Rows {units(offset + 1)}–{units(offset + found.rows.length)}
                </Text>
                <Button size="xs" variant="outline" disabled={offset === 0} onClick={() => setOffset(offset - LIMIT)}>
                  Previous
                </Button>
                <Button size="xs" variant="outline" disabled={!found.has_more} onClick={() => setOffset(offset + LIMIT)}>
                  Next
                </Button>
              </HStack>
              <Loads loads={found.loads} />
            </Stack>
          )
        }
      </Loaded>
    </Box>
  );
};

type Found = Answer<"/api/why/rows">;

const Rows = ({ name, found }: { name: string; found: Found }) => (
  <Box position="relative" overflow="auto" maxH="40vh" borderWidth="1px" borderRadius="md" tabIndex={0} role="region" aria-label={`Rows of ${name}`}>
    <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
      <Table.Header>
        <Table.Row bg="bg.subtle">
          {found.columns.map((column) => (
            <Table.ColumnHeader key={column}>{column}</Table.ColumnHeader>
          ))}
          {found.loads.length > 0 && <Table.ColumnHeader>load</Table.ColumnHeader>}
        </Table.Row>
      </Table.Header>
      <Table.Body>
        {found.rows.map((row, index) => (
          <Table.Row key={index}>
            {row.map((cell, column) => (
              <Table.Cell key={found.columns[column]} maxW="16rem" overflow="hidden" textOverflow="ellipsis" title={cell ?? undefined}>
                {cell ?? "—"}
              </Table.Cell>
            ))}
            {found.loads.length > 0 && <Table.Cell>{found.load_ids[index] ?? "—"}</Table.Cell>}
          </Table.Row>
        ))}
      </Table.Body>
    </Table.Root>
  </Box>
);

const Loads = ({ loads }: { loads: Found["loads"] }) => (
  <Stack as="ul" gap={1} listStyleType="none" fontSize="sm">
    {loads.map((load) => (
      <Box as="li" key={load.id}>
        Load {load.id} of {load.report}: {load.reported_at ? `created by Amazon ${moment(load.reported_at)}, ` : ""}loaded {moment(load.recorded_at)}.{" "}
        {load.document ? (
          <ServerLink to={load.document}>Document</ServerLink>
        ) : (
          <Text as="span" color="fg.muted">
            Its document has no page because no Airflow run fetched it.
          </Text>
        )}{" "}
        {load.run.page && <AirflowLink to={load.run.page}>Airflow run</AirflowLink>}
      </Box>
    ))}
  </Stack>
);
