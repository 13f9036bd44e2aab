import { Breadcrumb, Button, Code, Stack, Table, Text } from "@chakra-ui/react";
import { Fragment, useState } from "react";

import { useApi } from "../../api/hooks";
import { moment } from "../../lib/format";
import { AirflowLink } from "../Links";
import { Loaded } from "../States";
import type { WhyProps } from "../WhyButton";
import { UnitValue, WhyFigure } from "./WhyFigure";
import { WhyInputs } from "./WhyInputs";
import { WhyRowsTable } from "./WhyRowsTable";
import { type Step, type Why, rowKeys } from "./keys";

const LIMIT = 20;

/** The rows behind a figure, what they were made of, and so on down to documents and Airflow runs. */
export const WhyTrace = ({ mart, column, keys, label }: WhyProps) => {
  const [steps, setSteps] = useState<Step[]>([{ name: label, mart, column, keys: rowKeys(keys) }]);
  const step = steps.at(-1) as Step;
  return (
    <Stack gap={4}>
      {steps.length > 1 && <Trail steps={steps} back={(count) => setSteps(steps.slice(0, count))} />}
      <Figure key={steps.length} step={step} open={(next) => setSteps([...steps, next])} />
    </Stack>
  );
};

const Trail = ({ steps, back }: { steps: Step[]; back: (count: number) => void }) => (
  <Breadcrumb.Root size="sm">
    <Breadcrumb.List flexWrap="wrap">
      {steps.map((step, index) => (
        <Fragment key={index}>
          {index > 0 && <Breadcrumb.Separator />}
          <Breadcrumb.Item>
            {index < steps.length - 1 ? (
              <Button size="xs" variant="plain" px={1} color="blue.fg" onClick={() => back(index + 1)}>
                {step.name}
              </Button>
            ) : (
              <Breadcrumb.CurrentLink>{step.name}</Breadcrumb.CurrentLink>
            )}
          </Breadcrumb.Item>
        </Fragment>
      ))}
    </Breadcrumb.List>
  </Breadcrumb.Root>
);

const Figure = ({ step, open }: { step: Step; open: (step: Step) => void }) => {
  const [offset, setOffset] = useState(0);
  const result = useApi("/api/why", { query: { mart: step.mart, column: step.column, ...step.keys, limit: LIMIT, offset } });
  return (
    <Loaded result={result}>
      {(why) => (
        <Stack gap={5}>
          <WhyFigure why={why} />
          <Meaning why={why} />
          {why.parts.length > 0 && <Parts why={why} />}
          <WhyRowsTable why={why} limit={LIMIT} offset={offset} goTo={setOffset} open={open} />
          <WhyInputs why={why} keys={step.keys} open={open} />
        </Stack>
      )}
    </Loaded>
  );
};

const Meaning = ({ why }: { why: Why }) => (
  <Stack gap={1}>
    <Text>{why.description}</Text>
    <Text fontSize="sm" color="fg.muted">
      Column <Code size="sm">{why.column}</Code> of mart <Code size="sm">{why.mart}</Code>
      {why.built_at && <>, built {moment(why.built_at)}</>}
      {why.built_by?.page && (
        <>
          {" "}
          by <AirflowLink to={why.built_by.page}>an Airflow run</AirflowLink>
        </>
      )}
      .{why.computed && " It is computed in Python from the stored figures below."}
    </Text>
  </Stack>
);

const Parts = ({ why }: { why: Why }) => (
  <Table.Root size="sm">
    <Table.Caption srOnly>All columns of the row</Table.Caption>
    <Table.Body>
      {why.parts.map((part) => (
        <Table.Row key={part.column}>
          <Table.Cell title={part.description}>
            <Code size="sm">{part.column}</Code>
            <Text fontSize="xs" color="fg.muted" lineClamp={2}>
              {part.description}
            </Text>
          </Table.Cell>
          <Table.Cell textAlign="end">
            <UnitValue value={part.value} unit={part.unit} currency={why.rows[0]?.currency} />
          </Table.Cell>
        </Table.Row>
      ))}
    </Table.Body>
  </Table.Root>
);
