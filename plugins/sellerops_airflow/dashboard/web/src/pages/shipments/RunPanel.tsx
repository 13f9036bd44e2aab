import { Heading, List, Stack, Table, Text } from "@chakra-ui/react";

import { AirflowLink, type Answer, Facts, Loaded, Moment, Money, ServerLink, Units, useApi } from "../../components";
import { StateOf } from "./RunsTab";

type Story = Answer<"/api/shipments/runs/{inbound_run_id}">;

/** One shipment from request to receipt. */
export const RunPanel = ({ id }: { id: number }) => (
  <Loaded result={useApi("/api/shipments/runs/{inbound_run_id}", { path: { inbound_run_id: id } })}>{(story) => <Content story={story} />}</Loaded>
);

const Content = ({ story }: { story: Story }) => {
  const { run } = story;
  return (
    <Stack gap={5}>
      <Heading as="h3" size="md">
        {run.name} <StateOf state={run.state} />
      </Heading>
      <Facts
        facts={[
          ["Account", `${run.account_id}, ${run.marketplace}`],
          ["Problem", run.problem],
          ["What to do", run.remedy],
          ["Question", run.question_path ? <AirflowLink key="ask" to={run.question_path}>Approve or reject in Airflow</AirflowLink> : null],
          ["Ready at", run.ready_at ? <Moment key="ready" value={run.ready_at} /> : null],
          ["Requested by", run.requested_by],
          ["Run", run.run_path ? <AirflowLink key="run" to={run.run_path}>{run.run_id}</AirflowLink> : null],
          ["Details", run.labels_path ? <ServerLink key="all" to={run.labels_path}>Labels and shipment</ServerLink> : null],
        ]}
      />
      {story.shipments.map((each) => (
        <Stack key={each.shipment_id} gap={2}>
          <Heading as="h4" size="sm">
            {each.confirmation_id ?? each.shipment_id} to {each.warehouse_id ?? "a warehouse that Amazon has not named yet"}
          </Heading>
          <Facts
            facts={[
              ["Status", each.status.toLowerCase().replaceAll("_", " ")],
              ["Carrier", [each.carrier, each.mode].filter(Boolean).join(", ")],
              ["Boxes", each.boxes === null ? null : <Units key="boxes" value={each.boxes} />],
              ["Placement fee", each.placement_fee === null ? null : <Money key="p" value={each.placement_fee} currency={each.currency} />],
              ["Transport", each.transportation_fee === null ? null : <Money key="t" value={each.transportation_fee} currency={each.currency} />],
              ["Shipped", each.shipped_at ? <Moment key="s" value={each.shipped_at} /> : null],
              ["Delivered", each.delivered_at ? <Moment key="d" value={each.delivered_at} /> : null],
              ["Closed", each.closed_at ? <Moment key="c" value={each.closed_at} /> : null],
            ]}
          />
        </Stack>
      ))}
      <UnitTable story={story} />
      {story.files.length > 0 && (
        <Stack gap={1}>
          <Heading as="h4" size="sm">Files</Heading>
          <List.Root ps={4}>
            {story.files.map((file) => (
              <List.Item key={file.id}>
                <ServerLink to={file.path}>
                  {[file.kind.replaceAll("_", " "), file.confirmation_id, file.part > 1 ? `part ${file.part}` : ""].filter(Boolean).join(" ")}
                </ServerLink>
              </List.Item>
            ))}
          </List.Root>
        </Stack>
      )}
      {story.decisions.length > 0 && (
        <Stack gap={1}>
          <Heading as="h4" size="sm">Decisions</Heading>
          {story.decisions.map((each) => (
            <Text key={each.id} fontSize="sm">
              <Moment value={each.decided_at} />: {each.decided_by} {each.choice.replaceAll("_", " ")}{each.note ? ` (${each.note})` : ""}
            </Text>
          ))}
        </Stack>
      )}
    </Stack>
  );
};

const UnitTable = ({ story }: { story: Story }) => {
  const rows =
    story.units.length > 0
      ? story.units.map((each) => ({ ...each, key: `${each.shipment_id}|${each.sku}` }))
      : story.items.map((each) => ({ sku: each.sku, planned: each.quantity, shipped: null, received: null, difference: null, key: String(each.line) }));
  return (
    <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
      <Table.Root size="sm">
        <Table.Caption srOnly>Units by SKU</Table.Caption>
        <Table.Header>
          <Table.Row>
            <Table.ColumnHeader>SKU</Table.ColumnHeader>
            {["Planned", "Shipped", "Received", "Difference"].map((name) => (
              <Table.ColumnHeader key={name} textAlign="end">{name}</Table.ColumnHeader>
            ))}
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {rows.map((row) => (
            <Table.Row key={row.key}>
              <Table.Cell>{row.sku}</Table.Cell>
              <Table.Cell textAlign="end"><Units value={row.planned} /></Table.Cell>
              <Table.Cell textAlign="end"><Units value={row.shipped} /></Table.Cell>
              <Table.Cell textAlign="end"><Units value={row.received} /></Table.Cell>
              <Table.Cell textAlign="end"><Units value={row.difference} signed /></Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Table.ScrollArea>
  );
};
