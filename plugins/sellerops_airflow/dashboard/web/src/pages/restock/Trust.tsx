import { Stack, Table, Text } from "@chakra-ui/react";

import { type Answer, Day, EmptyState, Percent, Section, Units, units } from "../../components";
import { CLASSES } from "./words";

type Page = Answer<"/api/restock">;

/** How good forecasts were in their back-tests, and whose recommendations were better. */
export const Trust = ({ quality, scores }: { quality: Page["quality"]; scores: Page["scores"] }) => (
  <Stack gap={4}>
    <Quality rows={quality} />
    <Grades scores={scores} />
  </Stack>
);

const Quality = ({ rows }: { rows: Page["quality"] }) => (
  <Section
    title="Forecasts"
    lead="Back-tests: forecasts made from six earlier days, compared with what followed. Compare the error with its floor: even a perfect forecast would have that error, because buyers arrive at random."
  >
    <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
      <Table.Root size="sm">
        <Table.Header>
          <Table.Row>
            {["Demand", "SKUs", "Refused", "Error (WAPE)", "Floor", "Repeating last week", "Bias", "In the 80 % band", "Drifting"].map((text, index) => (
              <Table.ColumnHeader key={text} textAlign={index === 0 ? "start" : "end"}>
                {text}
              </Table.ColumnHeader>
            ))}
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {rows.map((row) => (
            <Table.Row key={row.demand_class}>
              <Table.Cell>{CLASSES[row.demand_class] ?? row.demand_class}</Table.Cell>
              <Table.Cell textAlign="end">
                <Units value={row.skus} />
              </Table.Cell>
              <Table.Cell textAlign="end">
                <Units value={row.refused_skus} />
              </Table.Cell>
              {[row.wape, row.poisson_floor, row.baseline_wape, row.bias, row.coverage_80].map((value, index) => (
                <Table.Cell key={index} textAlign="end">
                  <Percent value={value} digits={0} reason="the history is too short for back-tests" />
                </Table.Cell>
              ))}
              <Table.Cell textAlign="end">
                <Units value={row.drifting_skus} />
              </Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Table.ScrollArea>
  </Section>
);

const Grades = ({ scores }: { scores: Page["scores"] }) => {
  if (!scores)
    return (
      <EmptyState title="No grades yet">
        Recommendations are graded from the day after they are made. Grades are final once the protection period is over.
      </EmptyState>
    );
  const lines: [string, string | null, string | null][] = [
    ["Units short", scores.short_units, scores.amazon_short_units],
    ["Units too many", scores.over_units, scores.amazon_over_units],
  ];
  return (
    <Section
      title="Ours compared with Amazon's"
      lead={
        <>
          Recommendations of <Day value={scores.day} />, {scores.is_final ? "whose period is over" : "whose period is not over yet"}, for the{" "}
          {units(scores.compared_skus)} SKUs that both had a figure for.
        </>
      }
    >
      <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
        <Table.Root size="sm" maxW="30rem">
          <Table.Header>
            <Table.Row>
              <Table.ColumnHeader>What would have been missing or left over</Table.ColumnHeader>
              <Table.ColumnHeader textAlign="end">Ours</Table.ColumnHeader>
              <Table.ColumnHeader textAlign="end">Amazon&apos;s</Table.ColumnHeader>
            </Table.Row>
          </Table.Header>
          <Table.Body>
            {lines.map(([text, ours, theirs]) => (
              <Table.Row key={text}>
                <Table.Cell>{text}</Table.Cell>
                <Table.Cell textAlign="end">
                  <Units value={ours} reason="the period is not over" />
                </Table.Cell>
                <Table.Cell textAlign="end">
                  <Units value={theirs} reason="the period is not over" />
                </Table.Cell>
              </Table.Row>
            ))}
          </Table.Body>
        </Table.Root>
      </Table.ScrollArea>
      <Text mt={2} fontSize="sm" color="fg.muted">
        Demand in this period: {units(scores.demand)} units. Actual days without stock: {units(scores.stock_out_days)}.
      </Text>
    </Section>
  );
};
