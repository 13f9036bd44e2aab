import { Box, Span, Stack, Text } from "@chakra-ui/react";

import type { Value } from "../../lib/format";
import { Money, Percent, Units } from "../Figures";
import type { Why } from "./keys";

/** A value in its unit; texts are shown as they are. */
export const UnitValue = ({ value, unit, currency }: { value: Value; unit: string; currency?: string }) => {
  if (unit.startsWith("currency")) return <Money value={value} currency={currency || undefined} />;
  if (unit === "ratio") return <Percent value={value} />;
  if (value !== null && value !== undefined && value !== "" && Number.isNaN(Number(value))) return <Span>{value}</Span>;
  return <Units value={value} digits={4} />;
};

/** The figure, by currency, with the rows that it lacks. */
export const WhyFigure = ({ why }: { why: Why }) => (
  <Stack gap={1}>
    {why.sums.length === 0 && <Text>The mart has no rows for these days.</Text>}
    {why.sums.map((sum) => (
      <Box key={sum.currency}>
        <Text fontSize="2xl" fontWeight="semibold" lineHeight="1.2">
          <UnitValue value={sum.value} unit={why.unit} currency={sum.currency} />
        </Text>
        <Text fontSize="sm" color="fg.muted">
          {sum.value === null && sum.unknown < sum.rows
            ? `${sum.rows} rows that cannot be added up.`
            : `${sum.rows === 1 ? "One row" : `The sum of ${sum.rows} rows`}${sum.unknown > 0 ? `, ${sum.unknown} of them unknown and not included` : ""}.`}
        </Text>
      </Box>
    ))}
  </Stack>
);
