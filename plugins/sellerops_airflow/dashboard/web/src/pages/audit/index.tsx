import { Box, HStack, Input, Text } from "@chakra-ui/react";

import { type Answer, Choices, type Column, csvAddress, DataTable, EmptyState, FormField, Moment, PageFrame, useApi, useQueryParam, useTable } from "../../components";
import { Difference } from "./Difference";

type Entry = Answer<"/api/audit/entries">["rows"][number];

const COLUMNS: Column<Entry>[] = [
  { key: "happened_at", header: "When (UTC)", cell: (row) => <Moment value={row.happened_at} /> },
  { key: "user_name", header: "Who", cell: (row) => row.user_name },
  { key: "action", header: "What", cell: (row) => row.action },
  { key: "account_id", header: "Account", cell: (row) => row.account_id || "—" },
  { key: "subject", header: "Subject", cell: (row) => <Text wordBreak="break-word" minW="12rem">{row.subject}</Text> },
  { key: "before", header: "Before → after", sortable: false, cell: (row) => <Difference before={row.before} after={row.after} /> },
];

const AuditLog = () => {
  const [users, setUsers] = useQueryParam("user");
  const [actions, setActions] = useQueryParam("action");
  const [start, setStart] = useQueryParam("from");
  const [end, setEnd] = useQueryParam("to");
  const table = useTable({ sort: "happened_at" });
  const choices = useApi("/api/audit/choices").data;
  const filters = {
    user: split(users),
    action: split(actions),
    ...(start ? { start } : {}),
    ...(end ? { end } : {}),
  };
  const query = { ...filters, ...table.query };
  const isFiltered = Boolean(users || actions || start || end || table.q);
  return (
    <PageFrame title="Audit log" lead="Who changed or started what in the hub, with values before and after. Entries are never edited.">
      <HStack gap={2} flexWrap="wrap" align="end">
        <Choices label="User" all="All users" options={options(choices?.users)} chosen={split(users)} choose={(values) => setUsers(values.join(","))} />
        <Choices
          label="Action" all="All actions" options={options(choices?.actions)} chosen={split(actions)}
          choose={(values) => setActions(values.join(","))}
        />
        <Box>
          <FormField label="From day (UTC)">
            <Input type="date" size="sm" value={start} max={end || undefined} onChange={(event) => setStart(event.currentTarget.value)} />
          </FormField>
        </Box>
        <Box>
          <FormField label="To day">
            <Input type="date" size="sm" value={end} min={start || undefined} onChange={(event) => setEnd(event.currentTarget.value)} />
          </FormField>
        </Box>
      </HStack>
      <DataTable
        caption="Audit log"
        columns={COLUMNS}
        result={useApi("/api/audit/entries", { query })}
        rowKey={(row) => String(row.id)}
        state={table}
        csv={csvAddress("/api/audit/entries", query)}
        search="SKU, setting or run"
        empty={
          isFiltered ? (
            <EmptyState title="Nothing matches">Choose other users, actions or days, or clear the search.</EmptyState>
          ) : (
            <EmptyState title="No changes yet">
              Stock edits, snoozed alerts, changed settings and runs started from these pages appear here.
            </EmptyState>
          )
        }
      />
    </PageFrame>
  );
};

const split = (text: string) => text.split(",").filter(Boolean);
const options = (values: readonly string[] = []) => values.map((value) => ({ value, text: value }));

export default AuditLog;
