import { Button, HStack, Link, Stack, Text } from "@chakra-ui/react";

import {
  type Answer, type Column, ConfirmDialog, DataTable, Day, EmptyState, Loaded, Percent, Section, TimeChart, csvAddress, daysOf, useApi, useHubContext, useScope, useTable, useWrite,
} from "../../components";
import { UploadMapping } from "./UploadMapping";

type Row = Answer<"/api/health/mapping">["rows"][number];
const PATH = "/api/health/mapping";

/** SKUs that belong to no product, with suggestions. */
export const MappingTab = () => {
  const { query, start, end } = useScope();
  const owner = useHubContext().data?.user.is_owner ?? false;
  const state = useTable({ name: "mapping", sort: "last_seen", limit: 25 });
  const asked = { ...query, ...state.query };
  const trend = useApi("/api/health/mapping/trend", { query });
  const columns: (Column<Row> | false)[] = [
    { key: "sku", header: "SKU", cell: (row) => row.sku },
    { key: "account_id", header: "Account", cell: (row) => row.account_id },
    { key: "title", header: "Title", cell: (row) => row.title ?? "" },
    { key: "reason", header: "Missing", cell: (row) => (row.reason === "asin" ? "ASIN" : "own number") },
    { key: "last_seen", header: "Last seen", cell: (row) => <Day value={row.last_seen} /> },
    { key: "like_sku", header: "Suggestion", sortable: false, cell: (row) => <Suggestion row={row} /> },
    owner && { key: "accept", header: "", sortable: false, cell: (row) => (row.like_sku ? <Accept row={row} /> : null) },
  ];
  return (
    <Stack gap={4}>
      <Section
        title="Unmapped SKUs"
        lead="SKUs without an ASIN and, once you use own numbers, SKUs without one. Marts keep them apart until you say which product they belong to."
        actions={
          <HStack gap={3} flexWrap="wrap">
            <CsvLink suggestions>Suggestions as CSV</CsvLink>
            <CsvLink>Mapping as CSV</CsvLink>
            {owner && <UploadMapping />}
          </HStack>
        }
      >
        <DataTable
          caption="Unmapped SKUs" columns={columns} result={useApi(PATH, { query: asked })} rowKey={(row) => `${row.account_id}|${row.sku}`} state={state} csv={csvAddress(PATH, asked)} search="SKU or title"
          empty={<EmptyState title="Every SKU is mapped">New SKUs appear here when a report first contains them.</EmptyState>}
        />
      </Section>
      <Section title="Unmapped SKUs by day" lead="According to the current mapping.">
        <Loaded result={trend} empty={<EmptyState title="None in this period">No SKU in this period is unmapped.</EmptyState>}>
          {(data) => {
            const days = daysOf(start, end);
            const byDay = new Map(data.map((each) => [each.day, each]));
            return (
              <TimeChart
                label="Unmapped SKUs by day" days={days} kind="units" height={180}
                series={[
                  { name: "Unmapped", look: "line", values: days.map((each) => byDay.get(each)?.unmapped ?? 0) },
                  { name: "Reported for the first time", look: "bar", values: days.map((each) => byDay.get(each)?.new ?? 0) },
                ]}
              />
            );
          }}
        </Loaded>
      </Section>
    </Stack>
  );
};

const Suggestion = ({ row }: { row: Row }) =>
  row.like_sku ? (
    <>
      {row.like_reason} <b>{row.like_sku}</b> (<Percent value={row.certainty} digits={0} />)
    </>
  ) : (
    <Text as="span" color="fg.muted">none</Text>
  );

const Accept = ({ row }: { row: Row }) => {
  const accept = useWrite("post", "/api/health/mapping/accept", { invalidates: ["/api/health"], done: `${row.sku} is mapped. Marts are updated by their next run.` });
  const { account_id, sku, suggested_own_id: own_id, suggested_asin: asin } = row;
  const note = `accepted: ${row.like_reason} ${row.like_sku}`;
  return (
    <ConfirmDialog
      trigger={<Button size="xs" variant="outline" aria-label={`Accept the suggestion for ${sku}`}>Accept…</Button>} title={`Map ${sku}`} confirm="Accept"
      onConfirm={() => accept.mutateAsync({ body: { rows: [{ account_id, sku, own_id, asin, note }] } })}
    >
      <Text>
        {sku} of {account_id} becomes one product with {row.like_sku}: {[own_id && `own number ${own_id}`, asin && `ASIN ${asin}`].filter(Boolean).join(", ")}.
      </Text>
    </ConfirmDialog>
  );
};

const CsvLink = ({ suggestions, children }: { suggestions?: boolean; children: string }) => (
  <Link href={new URL(`hub/api/health/mapping/csv${suggestions ? "?suggestions=true" : ""}`, document.baseURI).href} download variant="underline" color="blue.fg" fontSize="sm">
    {children}
  </Link>
);
