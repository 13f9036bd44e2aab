import { Box, Flex, Span, Text } from "@chakra-ui/react";
import type { ReactNode } from "react";

import { Section, day, money, percent, units } from "../../components";
import { PARTS, type Proposal } from "./words";

/** How the quantity comes about: position by part, days to cover, service level, rounding, fee, Amazon's figure. */
export const Why = ({ proposal: row }: { proposal: Proposal }) => (
  <Section title="Why this quantity" lead={`Recommendation of ${day(row.day)}, forecast of ${day(row.forecast_day)}.`}>
    <Box display="grid" gap={6} gridTemplateColumns={{ base: "1fr", md: "repeat(3, 1fr)" }}>
      <List title="Position">
        {PARTS.map(([key, text]) => (
          <Line key={key} text={text} value={units(row[key])} quiet={!row[key]} />
        ))}
        {!!row.later_units && <Line text="Expected too late, not counted" value={`−${units(row.later_units)}`} />}
        <Line text="Position" value={units(row.position)} strong />
        <Text fontSize="xs" color="fg.muted">
          {row.next_arrival_on ? `Next arrival ${day(row.next_arrival_on)}. ` : ""}
          {row.customer_orders ? `${units(row.customer_orders)} units are sold and not included.` : ""}
        </Text>
      </List>
      <List title="What it must cover">
        <Line text="Lead time" value={`${units(row.lead_time_days)} ± ${units(row.lead_time_sd_days)} days`} />
        <Line text="of which check-in at Amazon" value={`${units(row.check_in_days)} days`} />
        <Line text="Days between orders" value={units(row.review_days)} />
        <Line text="Service level" value={`${percent(row.service_level)}, ${row.service_level_from === "newsvendor" ? "by margin" : `class ${row.abc_class}`}`} />
        <Line text="Median demand" value={units(row.demand_p50)} />
        <Line text="Safety stock" value={units(row.safety_stock)} />
        <Line text="by the textbook formula" value={units(row.safety_stock_formula)} quiet />
        <Line text="Reorder point" value={units(row.reorder_point)} />
        <Line text="Target after the order" value={units(row.target)} strong />
      </List>
      <List title="The order">
        <Line text="Needed" value={units(row.needed)} />
        <Line text="Carton" value={units(row.case_pack)} />
        <Line text="Supplier's minimum" value={units(row.moq)} />
        <Line text="Order" value={units(row.order_quantity)} strong />
        <Line text="Supplier" value={[row.supplier || "none named", row.route].filter(Boolean).join(", ")} />
        <Line text="Unit cost, landed" value={money(row.unit_cost, row.currency)} />
        <Line text="Low-inventory-level fee expected" value={money(row.fee_expected, row.currency)} />
        <Text fontSize="xs" color="fg.muted">
          {row.fee_weeks ? `In ${units(row.fee_weeks)} weeks from ${day(row.fee_first_week)}. ` : ""}
          Days of supply: {units(row.days_of_supply_30)} over 30 days, {units(row.days_of_supply_90)} over 90; Amazon charges the fee if both are below 28.
        </Text>
        <Line text="Amazon recommends" value={`${units(row.amazon_quantity)}${row.amazon_ship_by ? `, ship by ${day(row.amazon_ship_by)}` : ""}`} />
      </List>
    </Box>
  </Section>
);

const List = ({ title, children }: { title: string; children: ReactNode }) => (
  <Box>
    <Text fontWeight="medium" mb={1}>
      {title}
    </Text>
    {children}
  </Box>
);

const Line = ({ text, value, strong, quiet }: { text: string; value: string; strong?: boolean; quiet?: boolean }) => (
  <Flex
    justify="space-between" gap={3} fontSize="sm" color={quiet ? "fg.muted" : undefined} fontWeight={strong ? "semibold" : undefined}
    borderTopWidth={strong ? "1px" : undefined} py={0.5}
  >
    <Span>{text}</Span>
    <Span fontVariantNumeric="tabular-nums" textAlign="end">
      {value}
    </Span>
  </Flex>
);
