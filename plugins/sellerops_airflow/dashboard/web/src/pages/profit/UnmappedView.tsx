import { Box, Button, Code, HStack, Stack, Text } from "@chakra-ui/react";

import { type Answer, type Column, DataTable, Day, EmptyState, Money, Section, Units, notify, useApi, useScope } from "../../components";
import { useMarketplaceName } from "../../components/useMarketplaceName";

type Unmapped = Answer<"/api/profit/unmapped">[number];

const copy = async (text: string) => {
  try {
    await navigator.clipboard.writeText(text);
    notify({ tone: "success", text: "Copied." });
  } catch {
    notify({ tone: "error", text: "Your browser does not allow copying. Select the line and copy it." });
  }
};

const Rule = ({ row }: { row: Unmapped }) => (
  <HStack gap={2}>
    <Code size="sm">{row.rule}</Code>
    <Button size="2xs" variant="outline" onClick={() => void copy(row.rule)} aria-label={`Copy the rule for ${row.name}`}>
      Copy
    </Button>
  </HStack>
);

/** Amounts that no rule gives a P&L line, each with the line that adds one. */
export const UnmappedView = () => {
  const scope = useScope();
  const nameOf = useMarketplaceName();
  const result = useApi("/api/profit/unmapped", { query: scope.query });
  const columns: Column<Unmapped>[] = [
    { key: "name", header: "Amazon's name", cell: (row) => [row.name, row.second_name, row.third_name].filter(Boolean).join(" | ") },
    { key: "amount", header: "Amount", align: "end", cell: (row) => <Money value={row.amount} currency={row.currency} /> },
    { key: "lines", header: "Lines", align: "end", cell: (row) => <Units value={row.lines} /> },
    { key: "source", header: "In", cell: (row) => (row.source === "settlement" ? "Settlements" : "Transactions") },
    { key: "marketplace_id", header: "Marketplace", cell: (row) => nameOf(row.account_id, row.marketplace_id) },
    { key: "first_day", header: "First", cell: (row) => <Day value={row.first_day} /> },
    { key: "last_day", header: "Last", cell: (row) => <Day value={row.last_day} /> },
    { key: "rule", header: "Rule to add", cell: (row) => <Rule row={row} /> },
    { key: "rule_file", header: "To file", cell: (row) => <Code size="sm">include/config/{row.rule_file}</Code> },
  ];
  const table = { ...result, data: result.data && { rows: result.data, row_count: result.data.length } } as never;
  return (
    <Box pt={2}>
      <Section
        title="Amounts without a P&L line"
        lead="They are not in any other figure and make their day and settlement incomplete, because nobody would notice a wrong guess."
      >
        <Stack gap={3}>
          <DataTable
            caption="Unmapped amounts" columns={columns} result={table} rowKey={(row) => [row.source, row.account_id, row.marketplace_id, row.name, row.second_name, row.third_name, row.currency].join(" ")}
            empty={<EmptyState title="Every amount of these days has a P&L line">Nothing to do.</EmptyState>}
          />
          {(result.data?.length ?? 0) > 0 && (
            <Text fontSize="sm" color="fg.muted" maxW="80ch">
              To add a rule: copy its line into the file, replace &lt;P&amp;L line&gt; and &lt;level&gt; (docs/figures.md lists both), and deploy. The next run of
              marts__money puts the amounts where they belong, also on past days.
            </Text>
          )}
        </Stack>
      </Section>
    </Box>
  );
};
