import { Button, HStack, Stack, Table, Text } from "@chakra-ui/react";

import { AirflowLink, type Answer, type Column, DataTable, Day, EmptyState, Loaded, Moment, Section, StatusBadge, type Tone, Units, csvAddress, units, useApi, useScope, useTable } from "../../components";
import { useParams } from "./useParams";

type Row = Answer<"/api/health/checks/figures">["rows"][number];
const PATH = "/api/health/checks/figures";
const VERDICTS = { off: "Disagree", ok: "Agree", not_yet: "Not loaded yet", too_young: "May still change" } as const;
type Verdict = keyof typeof VERDICTS;
const TONE: Record<Verdict, Tone> = { off: "bad", ok: "good", not_yet: "quiet", too_young: "info" };

const COLUMNS: Column<Row>[] = [
  { key: "check_name", header: "Check", cell: (row) => row.check_name },
  { key: "verdict", header: "Verdict", cell: (row) => <StatusBadge status={VERDICTS[row.verdict as Verdict] ?? row.verdict} tone={TONE[row.verdict as Verdict]} /> },
  { key: "day", header: "Day", cell: (row) => <Day value={row.day} /> },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  { key: "subject", header: "Subject", cell: (row) => row.subject },
  { key: "left", header: "One side", align: "end", cell: (row) => <Units value={row.left} digits={2} /> },
  { key: "right", header: "Other side", align: "end", cell: (row) => <Units value={row.right} digits={2} /> },
  { key: "difference", header: "Difference", align: "end", cell: (row) => <Units value={row.difference} digits={2} /> },
  { key: "tolerance", header: "Tolerated", align: "end", cell: (row) => <Units value={row.tolerance} digits={2} /> },
  { key: "checked_at", header: "Compared", cell: (row) => <Moment value={row.checked_at} /> },
];

/** Reconciliation checks: figures that should agree. A count opens its figures. */
export const ChecksTab = () => {
  const { query } = useScope();
  const [chosen, choose] = useParams(["check", "verdict", "figures.offset"]);
  const checks = useApi("/api/health/checks", { query });
  return (
    <Stack gap={4}>
      <Section title="Checks" lead="Figures from different reports that should agree. Each DAG check__<name> compares them when one side is loaded, and once a day.">
        <Loaded result={checks} empty={<EmptyState title="Nothing has been compared yet">Switch on the DAGs whose names begin with check__, and the reports they compare.</EmptyState>}>
          {(data) => (
            <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
              <Table.Root size="sm">
                <Table.Caption srOnly>Checks with their verdicts</Table.Caption>
                <Table.Header>
                  <Table.Row>
                    <Table.ColumnHeader>Check</Table.ColumnHeader>
                    {Object.values(VERDICTS).map((name) => (
                      <Table.ColumnHeader key={name} textAlign="end">{name}</Table.ColumnHeader>
                    ))}
                    <Table.ColumnHeader>Last compared</Table.ColumnHeader>
                  </Table.Row>
                </Table.Header>
                <Table.Body>
                  {data.map((check) => (
                    <Table.Row key={check.check_name}>
                      <Table.Cell><AirflowLink to={`dags/check__${check.check_name}`}>{check.check_name}</AirflowLink></Table.Cell>
                      {(Object.keys(VERDICTS) as Verdict[]).map((verdict) => (
                        <Table.Cell key={verdict} textAlign="end">
                          {check[verdict] > 0 ? (
                            <Button variant="plain" size="sm" h="auto" px={1} color="blue.fg" textDecoration="underline" aria-label={`${check.check_name}: ${check[verdict]} figures, ${VERDICTS[verdict]}`} onClick={() => choose({ check: check.check_name, verdict })}>
                              {units(check[verdict])}
                            </Button>
                          ) : (
                            <Text as="span" color="fg.muted">0</Text>
                          )}
                        </Table.Cell>
                      ))}
                      <Table.Cell><Moment value={check.checked_at} /></Table.Cell>
                    </Table.Row>
                  ))}
                </Table.Body>
              </Table.Root>
            </Table.ScrollArea>
          )}
        </Loaded>
      </Section>
      {(chosen.check || chosen.verdict) && <Figures check={chosen.check} verdict={chosen.verdict} close={() => choose({})} />}
    </Stack>
  );
};

const Figures = ({ check, verdict, close }: { check: string; verdict: string; close: () => void }) => {
  const { query } = useScope();
  const state = useTable({ name: "figures", sort: "day" });
  const asked = { ...query, ...state.query, ...(check ? { check } : {}), ...(verdict ? { verdict } : {}) };
  return (
    <Section
      title={[check || "All checks", VERDICTS[verdict as Verdict]?.toLowerCase()].filter(Boolean).join(": ")}
      actions={<HStack><Button size="xs" variant="outline" onClick={close}>Close</Button></HStack>}
    >
      <DataTable
        caption="Compared figures" columns={COLUMNS} result={useApi(PATH, { query: asked })} state={state} csv={csvAddress(PATH, asked)} search="check or subject"
        rowKey={(row) => [row.check_name, row.account_id, row.marketplace, row.day, row.subject].join("|")}
        empty={<EmptyState title="No matching figures">Choose other days, or clear the search.</EmptyState>}
      />
    </Section>
  );
};
