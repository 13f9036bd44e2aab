import { Checkbox, HStack, Text } from "@chakra-ui/react";
import { useState } from "react";

import { type Column, DataTable, EmptyState, Select, SidePanel, csvAddress, useApi, useHubContext, useQueryParam, useScope, useTable } from "../../components";
import { AlertPanel } from "./AlertPanel";
import { type Alert, alertColumns } from "./columns";
import { Decisions } from "./Decisions";

const PATH = "/api/alerts";
const STATES = { "": "Any", open: "Open", acknowledged: "Acknowledged", snoozed: "Snoozed" } as const;
const SEVERITIES = { "": "Any", urgent: "Urgent", warning: "Warning" } as const;

/** Open alerts, with what you can do about them. */
export const OpenTab = () => {
  const { query } = useScope();
  const user = useHubContext().data?.user;
  const owner = user?.is_owner ?? false;
  const [state, setState] = useQueryParam("state");
  const [severity, setSeverity] = useQueryParam("severity");
  const [name, setName] = useQueryParam("name");
  const [opened, setOpened] = useQueryParam("alert");
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const table = useTable({ name: "open", sort: "severity", direction: "asc" });
  const asked = {
    ...query, ...table.query, ...(state ? { state: state as "open" } : {}), ...(severity ? { severity } : {}), ...(name ? { name } : {}),
  };
  const result = useApi(PATH, { query: asked });
  const kinds = useApi("/api/alerts/settings", { query }).data?.kinds ?? [];
  const rows = result.data?.rows ?? [];
  const picked = rows.filter((row) => chosen.has(row.id));
  const toggle = (id: number) => setChosen((before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]));
  const [first, ...others] = alertColumns((alert) => setOpened(String(alert.id)), user?.sees_costs ?? false);
  const columns: (Column<Alert> | false)[] = [
    first ?? false,
    owner && {
      key: "choose", header: "Choose", sortable: false,
      cell: (row) => (
        <Checkbox.Root size="sm" checked={chosen.has(row.id)} onCheckedChange={() => toggle(row.id)}>
          <Checkbox.HiddenInput aria-label={`Choose ${row.title} ${row.subject}`} />
          <Checkbox.Control />
        </Checkbox.Root>
      ),
    },
    ...others,
  ];
  const alert = rows.find((row) => String(row.id) === opened);
  return (
    <>
      <HStack mb={3} gap={3} align="end" flexWrap="wrap">
        <Select label="State" value={state as keyof typeof STATES} options={STATES} choose={setState} />
        <Select label="Severity" value={severity as keyof typeof SEVERITIES} options={SEVERITIES} choose={setSeverity} />
        <Select label="Kind" value={name} options={{ "": "Any", ...Object.fromEntries(kinds.map((kind) => [kind.name, kind.title])) }} choose={setName} />
        {owner && picked.length > 0 && <Decisions alerts={picked} done={() => setChosen(new Set())} />}
        {owner && picked.length === 0 && rows.length > 0 && (
          <Text fontSize="sm" color="fg.muted" pb={1.5}>
            Choose alerts to acknowledge or snooze them.
          </Text>
        )}
      </HStack>
      <DataTable
        caption="Open alerts" columns={columns} result={result} rowKey={(row) => String(row.id)} state={table} csv={csvAddress(PATH, asked)} search="alert, SKU or text"
        empty={
          <EmptyState title={state || severity || name ? "No matching alerts" : "Nothing needs your attention"}>
            {state || severity || name ? "Choose another state, severity or kind." : "Alerts are evaluated hourly, once DAG marts__alerts is switched on and marts have been built."}
          </EmptyState>
        }
      />
      <SidePanel title={alert ? `${alert.title} ${alert.subject}`.trim() : ""} open={alert !== undefined} close={() => setOpened("")}>
        {alert && <AlertPanel alert={alert} />}
      </SidePanel>
    </>
  );
};
