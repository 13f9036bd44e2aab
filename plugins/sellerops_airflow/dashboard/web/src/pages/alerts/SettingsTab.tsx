import { Code, Heading, HStack, Stack, Table, Text } from "@chakra-ui/react";

import { AirflowLink, type Answer, HubLink, Loaded, Moment, Section, StatusBadge, units, useApi, useScope } from "../../components";

type Kind = Answer<"/api/alerts/settings">["kinds"][number];

/** What alerts there are, their thresholds, and their last evaluation. */
export const SettingsTab = () => {
  const { query } = useScope();
  const result = useApi("/api/alerts/settings", { query });
  return (
    <Loaded result={result}>
      {(data) => (
        <Stack gap={4}>
          <Text color="fg.muted" maxW="80ch">
            Thresholds are configuration: change them in <Code size="sm">{data.file}</Code>, for all accounts or for one, or set <Code size="sm">enabled: false</Code> there. The next run of{" "}
            <AirflowLink to={data.dag_path}>marts__alerts</AirflowLink> applies them. Amounts are in the reporting currency.
          </Text>
          {data.kinds.map((kind) => (
            <KindOf key={kind.name} kind={kind} />
          ))}
        </Stack>
      )}
    </Loaded>
  );
};

const KindOf = ({ kind }: { kind: Kind }) => (
  <Section
    title={kind.title} lead={kind.description}
    actions={
      <HStack gap={2}>
        <StatusBadge status={kind.is_on ? (kind.off_for.length > 0 ? `off for ${kind.off_for.join(", ")}` : "on") : "off"} tone={kind.is_on ? "good" : "quiet"} />
        <StatusBadge status={kind.severity} tone={kind.severity === "urgent" ? "bad" : "warning"} />
        {kind.open > 0 && <HubLink to="alerts" params={{ name: kind.name }}>{units(kind.open)} open</HubLink>}
      </HStack>
    }
  >
    <Stack gap={3}>
      <Text fontSize="sm">{kind.remedy}</Text>
      {kind.thresholds.length > 0 && (
        <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
          <Table.Root size="sm">
            <Table.Caption srOnly>Thresholds of {kind.title}</Table.Caption>
            <Table.Header>
              <Table.Row>
                <Table.ColumnHeader>Threshold</Table.ColumnHeader>
                <Table.ColumnHeader textAlign="end">Value</Table.ColumnHeader>
                <Table.ColumnHeader>What it means</Table.ColumnHeader>
              </Table.Row>
            </Table.Header>
            <Table.Body>
              {kind.thresholds.map((threshold) => (
                <Table.Row key={threshold.name}>
                  <Table.Cell><Code size="sm">{threshold.name}</Code></Table.Cell>
                  <Table.Cell textAlign="end">
                    {threshold.value}
                    {Object.entries(threshold.by_account).map(([account, value]) => <Text key={account} fontSize="xs" color="fg.muted">{account}: {value}</Text>)}
                  </Table.Cell>
                  <Table.Cell whiteSpace="normal">{threshold.meaning}</Table.Cell>
                </Table.Row>
              ))}
            </Table.Body>
          </Table.Root>
        </Table.ScrollArea>
      )}
      <Stack gap={0} fontSize="sm" color="fg.muted">
        <Heading as="h3" srOnly>Last evaluations</Heading>
        {kind.evaluations.length === 0 && <Text>Not evaluated yet.</Text>}
        {kind.evaluations.map((each) => (
          <Text key={each.account_id}>
            {each.account_id}: {each.found === null ? `not possible, ${each.reason}` : `${units(each.found)} found`}, <Moment value={each.evaluated_at} />
          </Text>
        ))}
      </Stack>
    </Stack>
  </Section>
);
