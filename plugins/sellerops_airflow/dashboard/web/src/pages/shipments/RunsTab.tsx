import { Box, Text } from "@chakra-ui/react";

import {
  AirflowLink, type Answer, type Column, DataTable, EmptyState, Moment, Select, ServerLink, SidePanel, StatusBadge, type Tone, Units, csvAddress, useApi, useQueryParam, useScope, useTable,
} from "../../components";
import { RunPanel } from "./RunPanel";

type Row = Answer<"/api/shipments">["rows"][number];
const PATH = "/api/shipments";
const SHOW = { open: "Open", approval: "Waiting for approval", failed: "Failed", difference: "With differences", all: "All" } as const;
type Show = keyof typeof SHOW;
const TONES: Record<string, Tone> = { awaiting_approval: "warning", failed: "bad", closed: "good", shipped: "info", confirmed: "info", confirming: "info" };

/** A run's state in words. */
export const StateOf = ({ state }: { state: string }) => <StatusBadge status={state.replaceAll("_", " ")} tone={TONES[state] ?? "quiet"} />;

/** FBA inbound runs. */
export const RunsTab = () => {
  const { query } = useScope();
  const [show, setShow] = useQueryParam("show", "open");
  const [opened, setOpened] = useQueryParam("run");
  const table = useTable({ name: "runs", sort: "id" });
  const asked = { ...query, ...table.query, show: (show in SHOW ? show : "open") as Show };
  const columns: Column<Row>[] = [
    {
      key: "name", header: "Shipment",
      cell: (row) => (
        <Box asChild textAlign="start" cursor="pointer" color="blue.fg" textDecoration="underline">
          <button type="button" onClick={() => setOpened(String(row.id))}>
            {row.name}
          </button>
        </Box>
      ),
    },
    { key: "state", header: "State", cell: (row) => <StateOf state={row.state} /> },
    { key: "question_path", header: "To do", sortable: false, cell: (row) => <ToDo row={row} /> },
    { key: "account_id", header: "Account", cell: (row) => row.account_id },
    { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
    { key: "planned", header: "Planned", align: "end", cell: (row) => <Units value={row.planned} /> },
    { key: "shipped", header: "Shipped", align: "end", cell: (row) => <Units value={row.shipped} reason="not confirmed yet" /> },
    { key: "received", header: "Received", align: "end", cell: (row) => <Units value={row.received} reason="nothing counted yet" /> },
    { key: "difference", header: "Difference", align: "end", help: "Received minus shipped, of delivered shipments.", cell: (row) => <Units value={row.difference} signed reason="not delivered yet" /> },
    { key: "requested_by", header: "Requested by", cell: (row) => row.requested_by ?? "" },
    { key: "created_at", header: "Created", cell: (row) => <Moment value={row.created_at} /> },
    { key: "labels_path", header: "Labels", sortable: false, cell: (row) => (row.labels_path && row.shipments > 0 ? <ServerLink to={row.labels_path}>Labels</ServerLink> : "") },
    { key: "run_path", header: "Run", sortable: false, cell: (row) => (row.run_path ? <AirflowLink to={row.run_path}>Run</AirflowLink> : "") },
  ];
  return (
    <>
      <DataTable
        caption="FBA inbound shipments" columns={columns} result={useApi(PATH, { query: asked })} rowKey={(row) => String(row.id)} state={table} csv={csvAddress(PATH, asked)} search="shipment"
        tools={<Select label="Show" value={asked.show} options={SHOW} choose={setShow} />}
        empty={
          <EmptyState title={asked.show === "open" ? "No open shipments" : "No matching shipments"}>
            {asked.show === "open" ? "Start one with the form of DAG fba_inbound, or from a proposal on the Restock page." : "Choose another filter above."}
          </EmptyState>
        }
      />
      <SidePanel title="Shipment" open={opened !== ""} close={() => setOpened("")}>
        {opened !== "" && <RunPanel id={Number(opened)} />}
      </SidePanel>
    </>
  );
};

const ToDo = ({ row }: { row: Row }) => {
  if (row.question_path) return <AirflowLink to={row.question_path}>Approve or reject</AirflowLink>;
  if (row.state === "failed") return <Text as="span" color="red.fg" title={row.problem ?? undefined}>{row.remedy ?? "See the run"}</Text>;
  if (row.needs_approval && row.run_path) return <AirflowLink to={row.run_path}>Approval: see the run</AirflowLink>;
  return null;
};
