import { Box, Button, Code, Heading, List, Stack, Text } from "@chakra-ui/react";

import {
  AirflowLink, type Answer, ConfirmDialog, Day, Facts, HubLink, Loaded, Moment, ServerLink, StatusBadge, Units, notify, useApi, useHubContext, useWrite,
} from "../../components";
import { type CellKey, STATES } from "./states";

type Cell = Answer<"/api/health/calendar/cell">;
type Gap = NonNullable<Cell["gap"]>;

/** One day of one report: its state, its run, and how to get it. */
export const CellPanel = ({ cell }: { cell: CellKey }) => {
  const result = useApi("/api/health/calendar/cell", { query: cell });
  return <Loaded result={result}>{(data) => <Content cell={data} />}</Loaded>;
};

const Content = ({ cell }: { cell: Cell }) => {
  const look = STATES[cell.state];
  return (
    <Stack gap={4}>
      <Stack gap={1}>
        <Box>
          <StatusBadge status={look.name} tone={look.tone} />
        </Box>
        <Text>{look.means}</Text>
        <Text color="fg.muted" fontSize="sm">
          {cell.description}
        </Text>
      </Stack>
      <Facts
        facts={[
          ["Account", cell.account_id],
          ["Marketplace", cell.marketplace === "all" ? "whole region" : cell.marketplace],
          ["Day", <Day key="day" value={cell.day} style="weekday" />],
          ["Due", cell.due ? <Moment key="due" value={cell.due} /> : cell.entries.length === 0 ? "no run was due" : null],
          ["DAG", cell.dag_path ? <AirflowLink key="dag" to={cell.dag_path}>{cell.dag_path.replace("dags/", "")}</AirflowLink> : null],
        ]}
      />
      {cell.state === "quarantined" && (
        <Text>
          <HubLink to="health" params={{ tab: "quarantine" }}>
            Release or reject the document
          </HubLink>
        </Text>
      )}
      {cell.entries.map((entry) => (
        <Entry key={`${entry.day}${entry.snapshot_at ?? ""}`} entry={entry} />
      ))}
      {cell.entries.length === 0 && cell.state === "missing" && <Text>The ledger has no row for this day: no run has planned it.</Text>}
      {cell.gap && <GapPlan gap={cell.gap} />}
    </Stack>
  );
};

const Entry = ({ entry }: { entry: Cell["entries"][number] }) => (
  <Stack gap={2} borderTopWidth="1px" pt={3}>
    <Heading as="h3" size="sm">
      {entry.snapshot_at ? <>Snapshot of <Moment value={entry.snapshot_at} /></> : "In the ledger"}
    </Heading>
    <Facts
      facts={[
        ["State", `${entry.state.toLowerCase().replaceAll("_", " ")}`],
        ["Since", <Moment key="since" value={entry.updated_at} />],
        ["Document of", entry.reported_at ? <Moment key="of" value={entry.reported_at} /> : null],
        ["Rows stored", entry.stored === null ? null : <Units key="rows" value={entry.stored} />],
        ["Rows rejected", entry.rejected ? <Units key="rejected" value={entry.rejected} /> : null],
        ["What happened", entry.error],
        ["What to do", entry.remedy],
        ["Run", entry.run_path ? <AirflowLink key="run" to={entry.run_path}>{entry.run_id}</AirflowLink> : null],
        ["Ledger entry", entry.ledger_path ? <ServerLink key="ledger" to={entry.ledger_path}>requests, loads, rejected rows</ServerLink> : null],
      ]}
    />
  </Stack>
);

const GapPlan = ({ gap }: { gap: Gap }) => {
  const owner = useHubContext().data?.user.is_owner ?? false;
  const fill = useWrite("post", "/api/health/calendar/fill", { invalidates: ["/api/health"] });
  const { report, account_id, marketplace_id, first_day, last_day } = gap;
  const start = async () => {
    const done = await fill.mutateAsync({ body: { report, account_id, marketplace_id, first_day, last_day } });
    const paused = done.runs.some((run) => run.is_paused) ? " Its DAG is paused: switch it on." : "";
    notify({ tone: done.runs.length > 0 ? "success" : "info", text: done.reason || `Started ${done.runs.map((run) => run.run_id).join(", ")}.${paused}` });
  };
  const days = first_day === last_day ? <Day value={first_day} /> : <><Day value={first_day} /> to <Day value={last_day} /></>;
  return (
    <Stack gap={2} borderTopWidth="1px" pt={3}>
      <Heading as="h3" size="sm">
        Collect the missing days
      </Heading>
      <Text>
        One run collects {days}: {gap.requests === 1 ? "1 request" : `${gap.requests} requests`} to Amazon, after scheduled runs.
      </Text>
      {gap.expired.length > 0 && <Text color="orange.fg">Amazon no longer serves {gap.expired.join(", ")}.</Text>}
      {gap.labels.length > 0 && (
        <Box as="details" fontSize="sm">
          <summary>What it requests</summary>
          <List.Root ps={4}>
            {gap.labels.map((label) => (
              <List.Item key={label}>{label}</List.Item>
            ))}
          </List.Root>
        </Box>
      )}
      {owner && gap.requests > 0 && (
        <Box>
          <ConfirmDialog trigger={<Button size="sm" colorPalette="blue">Start the run…</Button>} title={`Collect ${report} again`} confirm="Start the run" onConfirm={start}>
            <Text>
              {report} of {account_id}, {days}. The run yields Amazon&apos;s quota to scheduled runs. It is recorded in the audit log.
            </Text>
          </ConfirmDialog>
        </Box>
      )}
      {!owner && <Text color="fg.muted" fontSize="sm">Ask an owner to start the run.</Text>}
      <Box fontSize="sm" color="fg.muted">
        For all accounts, as a backfill: <Code size="sm" whiteSpace="pre-wrap">{gap.command}</Code>
      </Box>
    </Stack>
  );
};
