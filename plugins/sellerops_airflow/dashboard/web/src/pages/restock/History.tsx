import { Text } from "@chakra-ui/react";

import { type Answer, EmptyState, Section, TimeChart, day, units } from "../../components";
import { MASKS } from "./words";

type DemandDay = Answer<"/api/restock/sku">["history"]["days"][number];

/** Units ordered by day. Masked days are drawn at the average of the others, hatched: they are left out, not zero. */
export const History = ({ days }: { days: DemandDay[] }) => {
  if (days.length === 0) return <EmptyState title="No demand history">The mart demand_day has no row for this SKU.</EmptyState>;
  const seen = days.filter((each) => !each.is_masked && each.units !== null);
  const mean = seen.reduce((sum, each) => sum + (each.units ?? 0), 0) / Math.max(1, seen.length);
  const masked = days.filter((each) => each.is_masked);
  const reasons = [...new Set(masked.flatMap((each) => each.mask_reasons))].map((word) => MASKS[word] ?? word);
  return (
    <Section
      title="Observed demand"
      lead={`Units ordered by day. On ${units(masked.length)} of ${units(days.length)} days buyers could not buy as usual${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}; those days are left out, never counted as zero.`}
    >
      <TimeChart
        label="Units ordered by day" kind="units" stack days={days.map((each) => each.day)}
        series={[
          { name: "Units ordered", look: "bar", values: days.map((each) => (each.is_masked ? null : each.units)) },
          { name: "Masked: drawn at the average", look: "bar", values: days.map((each) => (each.is_masked ? Number(mean.toFixed(1)) : null)) },
        ]}
        status={days.map((each) =>
          each.is_masked ? `masked: ${each.mask_reasons.map((word) => MASKS[word] ?? word).join(", ")}` : each.status === "incomplete" ? "not known" : "complete",
        )}
      />
      <Text fontSize="sm" color="fg.muted" mt={2}>
        {eventText(days)}
      </Text>
    </Section>
  );
};

const eventText = (days: DemandDay[]) => {
  const found = days.filter((each) => each.events.length > 0);
  if (found.length === 0) return "No deals or promotions on these days.";
  const names = [...new Set(found.flatMap((each) => each.events))].join(", ");
  return `Days with deals and promotions, left out of the level: ${units(found.length)} (${names}), most recently on ${day(found.at(-1)?.day)}.`;
};
