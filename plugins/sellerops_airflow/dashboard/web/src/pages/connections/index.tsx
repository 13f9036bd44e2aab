import { Button, Stack, Table, Text } from "@chakra-ui/react";
import { useState } from "react";

import { AirflowLink, type Answer, EmptyState, Loaded, Moment, PageFrame, Section, StatusBadge, type Tone, Units, useApi, useHubContext, useWrite } from "../../components";
import { SecretCell } from "./SecretCell";

export type HubConnection = Answer<"/api/connections">[number];
type Started = Answer<"/api/connections/test", "post">;

const ASK_AGAIN = 3_000;
const GIVE_UP = 120_000;

const Connections = () => {
  const isOwner = useHubContext().data?.user.is_owner ?? false;
  const [started, setStarted] = useState<{ run: Started; at: number } | null>(null);
  const isWaiting = (found: readonly HubConnection[] | undefined) =>
    started !== null && Date.now() - started.at < GIVE_UP && !(found ?? []).some((each) => each.test?.run_id === started.run.run_id);
  const [found, setFound] = useState<readonly HubConnection[]>();
  const result = useApi("/api/connections", { refetchInterval: isWaiting(found) ? ASK_AGAIN : false });
  if (result.data && result.data !== found) setFound(result.data);
  const test = useWrite("post", "/api/connections/test", { done: "A run that tests the connections has started." });
  const start = (connections: string[]) =>
    test.mutate({ body: { connections } }, { onSuccess: (run) => setStarted({ run, at: Date.now() }) });
  const busy = test.isPending || isWaiting(result.data);
  return (
    <PageFrame
      title="Connections"
      lead="Whether each connection works, and when data last came through it."
      actions={
        isOwner && (
          <Button size="sm" onClick={() => start([])} loading={busy} loadingText="Testing">
            Test all now
          </Button>
        )
      }
    >
      {started && isWaiting(result.data) && (
        <Text role="status" color="fg.muted" fontSize="sm">
          {started.run.is_paused ? `DAG ${started.run.dag_id} is paused: switch it on. ` : "Testing takes a few seconds. "}
          <AirflowLink to={started.run.path}>Open the run</AirflowLink>
        </Text>
      )}
      <Loaded
        result={result}
        empty={<EmptyState title="No connections">Add an account to config/accounts.yaml (docs/first-account.md).</EmptyState>}
      >
        {(connections) => (
          <>
            {grouped(connections).map(([title, members]) => (
              <Section key={title} title={title}>
                <ConnectionTable caption={title} connections={members} isOwner={isOwner} busy={busy} test={start} />
              </Section>
            ))}
          </>
        )}
      </Loaded>
    </PageFrame>
  );
};

const grouped = (connections: readonly HubConnection[]) => {
  const groups = new Map<string, HubConnection[]>();
  for (const each of connections) {
    const title = each.account_id ? `Account ${each.account_id}` : "Other connections";
    groups.set(title, [...(groups.get(title) ?? []), each]);
  }
  return [...groups];
};

interface ConnectionTableProps {
  caption: string;
  connections: readonly HubConnection[];
  isOwner: boolean;
  busy: boolean;
  test: (connections: string[]) => void;
}

const ConnectionTable = ({ caption, connections, isOwner, busy, test }: ConnectionTableProps) => {
  const ofAccount = connections.some((each) => each.account_id);
  return (
    <Table.ScrollArea tabIndex={0} role="region" aria-label={caption}>
      <Table.Root size="sm">
        <Table.Header>
          <Table.Row>
            <Table.ColumnHeader>Connection</Table.ColumnHeader>
            <Table.ColumnHeader>Last test</Table.ColumnHeader>
            {ofAccount && <Table.ColumnHeader>Token last worked (UTC)</Table.ColumnHeader>}
            {ofAccount && <Table.ColumnHeader>Last load (UTC)</Table.ColumnHeader>}
            {ofAccount && <Table.ColumnHeader>Client secret</Table.ColumnHeader>}
            {isOwner && <Table.ColumnHeader textAlign="end">Test</Table.ColumnHeader>}
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {connections.map((each) => (
            <Table.Row key={each.connection} verticalAlign="top">
              <Table.Cell whiteSpace="normal" minW="11rem">
                <Text fontWeight="medium">{each.connection}</Text>
                <Text color="fg.muted" fontSize="sm">
                  {each.account_id ? each.kind : `${each.kind} · ${each.used_by}`}
                </Text>
              </Table.Cell>
              <Table.Cell minW="10rem" maxW="24rem" whiteSpace="normal">
                <Test connection={each} />
              </Table.Cell>
              {ofAccount && (
                <Table.Cell>
                  <Moment value={each.token?.worked_at ?? each.test?.worked_at} />
                </Table.Cell>
              )}
              {ofAccount && (
                <Table.Cell minW="10rem" maxW="14rem" whiteSpace="normal">
                  <Sync connection={each} />
                </Table.Cell>
              )}
              {ofAccount && (
                <Table.Cell>
                  <SecretCell connection={each} isOwner={isOwner} />
                </Table.Cell>
              )}
              {isOwner && (
                <Table.Cell textAlign="end">
                  <Button size="xs" variant="outline" disabled={busy} onClick={() => test([each.connection])} aria-label={`Test now: ${each.connection}`}>
                    Test now
                  </Button>
                </Table.Cell>
              )}
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Table.ScrollArea>
  );
};

const TESTS: Record<string, [string, Tone]> = { ok: ["Works", "good"], failed: ["Fails", "bad"] };

const Test = ({ connection }: { connection: HubConnection }) => {
  const { test, if_missing: ifMissing } = connection;
  if (!test) return <Text color="fg.muted">never tested</Text>;
  const [text, tone] = TESTS[test.state] ?? (ifMissing ? ["Not set", "quiet"] : ["Missing", "bad"]);
  const what =
    test.state === "absent"
      ? ifMissing
        ? `Optional; without it ${ifMissing}.`
        : `Add it in Airflow under Admin > Connections, type ${connection.kind}.`
      : test.message;
  return (
    <Stack gap={1}>
      <Text as="span">
        <StatusBadge status={text} tone={tone as Tone} /> <Moment value={test.tested_at} />
      </Text>
      <Text fontSize="sm" color="fg.muted">
        {what}
      </Text>
    </Stack>
  );
};

const Sync = ({ connection: { sync } }: { connection: HubConnection }) => {
  if (!sync) return <Text color="fg.muted">nothing in 30 days</Text>;
  return (
    <Stack gap={0}>
      <Moment value={sync.synced_at} />
      <Text fontSize="sm" color="fg.muted">
        In the 24 hours before it: <Units value={sync.loads} /> loads, <Units value={sync.stored} /> rows, <Units value={sync.changed} /> of them new or
        changed
      </Text>
      {sync.rejected > 0 && (
        <Text fontSize="sm">
          <Units value={sync.rejected} /> rejected
        </Text>
      )}
    </Stack>
  );
};

export default Connections;
