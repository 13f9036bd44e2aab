import { Badge, Box, HStack, Stack, Text } from "@chakra-ui/react";

import { type Tone, StatusBadge, day, money, useMarketplaces } from "../../components";
import type { StoryData } from "./story";

type Change = StoryData["changes"][number];

const KINDS: Record<string, { text: string; tone: Tone }> = {
  price: { text: "Price", tone: "info" },
  title: { text: "Title", tone: "info" },
  status: { text: "Listing", tone: "warning" },
  channel: { text: "Fulfilment", tone: "info" },
  asin: { text: "ASIN", tone: "warning" },
  size_tier: { text: "Size tier", tone: "warning" },
  fee: { text: "FBA fee", tone: "warning" },
  cost: { text: "Your cost", tone: "info" },
  stock_out: { text: "Out of stock", tone: "bad" },
  suppressed: { text: "Listing hidden", tone: "bad" },
  buy_box: { text: "Buy box lost", tone: "bad" },
  alert: { text: "Alert", tone: "warning" },
};

/** A time line of what happened to the SKU. */
export const Changes = ({ changes }: { changes: readonly Change[] }) => {
  const marketplaces = useMarketplaces();
  if (changes.length === 0) return <Text color="fg.muted">Nothing changed on these days.</Text>;
  return (
    <Box position="relative" maxH="24rem" overflowY="auto" tabIndex={0} role="region" aria-label="What changed">
      <Stack as="ol" gap={0} listStyleType="none" borderStartWidth="2px" ps={4}>
        {changes.map((change, index) => (
          <Box as="li" key={index} py={1.5} position="relative" _before={{ content: '""', position: "absolute", insetStart: "-21px", top: "14px", w: "8px", h: "8px", borderRadius: "full", bg: "border.emphasized" }}>
            <HStack gap={2} flexWrap="wrap" align="baseline">
              <Text fontVariantNumeric="tabular-nums" minW="9rem">
                <time dateTime={change.day}>{day(change.day, "weekday")}</time>
                {change.until && change.until !== change.day && <> – {day(change.until, "short")}</>}
              </Text>
              <StatusBadge status={KINDS[change.kind]?.text ?? change.kind} tone={KINDS[change.kind]?.tone} />
              <Badge variant="outline">{marketplaces.name(change.marketplace_id)}</Badge>
              <Text as="span" overflowWrap="anywhere">
                {textOf(change)}
              </Text>
            </HStack>
          </Box>
        ))}
      </Stack>
    </Box>
  );
};

const textOf = (change: Change) => {
  const amount = (value: string | null) => (change.kind === "price" || change.kind === "fee" || change.kind === "cost" ? money(value, change.detail) : value);
  if (change.kind === "alert") return [(change.after ?? "").replaceAll("_", " "), change.detail].filter(Boolean).join(": ");
  if (!change.before && !change.after) return "";
  return `${amount(change.before)} → ${amount(change.after)}`;
};
