import { Box, Flex, HStack, Stack, Text } from "@chakra-ui/react";
import type { ReactNode } from "react";

import { type Kind, type Value, valueText } from "../lib/format";
import { Change, Money, Percent, Units } from "./Figures";
import { HubLink } from "./Links";
import { Sparkline } from "./charts/Sparkline";
import { MissingList, StatusBadge } from "./Status";
import { WhyButton, type WhyProps } from "./WhyButton";

interface TileProps {
  label: string;
  kind: Kind;
  value: Value;
  /** Only for kind "money". */
  currency?: string | null;
  /** The value to compare with, and what it is. */
  before?: Value;
  than?: string;
  good?: "up" | "down" | "neither";
  /** complete, estimated or incomplete. */
  status?: string;
  missing?: readonly string[];
  /** Values by day, oldest first; null: unknown. */
  trend?: readonly (number | null)[];
  /** Page that opens the rows, as "profit", with its parameters. */
  to?: string;
  params?: Record<string, string>;
  /** Rows behind the figure. */
  why?: Omit<WhyProps, "label">;
  note?: ReactNode;
}

/** One figure with its comparison, trust and trend. Put tiles into `Tiles`. */
export const Tile = (tile: TileProps) => {
  const { label, kind, value, currency, status, missing = [], trend, to, why, note } = tile;
  const reason = missing.length > 0 ? `missing: ${missing.join(", ")}` : undefined;
  return (
    <Box borderWidth="1px" borderRadius="lg" bg="bg.panel" p={{ base: 3, md: 4 }} minW={0} role="group" aria-label={label}>
      <Stack gap={1} h="full">
        <Flex justify="space-between" gap={2} align="start">
          <Text fontSize="sm" color="fg.muted" fontWeight="medium">
            {to ? (
              <HubLink to={to} params={tile.params}>
                {label}
              </HubLink>
            ) : (
              label
            )}
          </Text>
          <HStack gap={1}>
            {status && status !== "complete" && <StatusBadge status={status} />}
            {why && <WhyButton {...why} label={label} />}
          </HStack>
        </Flex>
        <Text fontSize="2xl" fontWeight="semibold" lineHeight="1.2">
          {kind === "money" && <Money value={value} currency={currency} compact reason={reason} />}
          {kind === "units" && <Units value={value} compact reason={reason} />}
          {kind === "percent" && <Percent value={value} reason={reason} />}
        </Text>
        <Change kind={kind} now={value} before={tile.before} currency={currency} good={tile.good} than={tile.than} />
        {trend && trend.length > 1 && (
          <Sparkline values={trend} label={`${label} by day`} write={(each) => valueText(kind, each, currency, { compact: true })} />
        )}
        <MissingList missing={missing} inline />
        {note && (
          <Text fontSize="sm" color="fg.muted">
            {note}
          </Text>
        )}
      </Stack>
    </Box>
  );
};

/** Tiles side by side, as many as fit. */
export const Tiles = ({ children }: { children: ReactNode }) => (
  <Box display="grid" gap={3} gridTemplateColumns={{ base: "repeat(auto-fill, minmax(min(100%, 13rem), 1fr))" }}>
    {children}
  </Box>
);
