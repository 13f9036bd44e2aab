import { List } from "@chakra-ui/react";

import { Section } from "../../components";

const DEFINITIONS = [
  "Spend is the console's, on the day of the click. Amazon deducts it from payouts later, or never if you pay by card: see the payment view of the Profit page.",
  "Ad sales are those that Amazon attributes: within 7 days of the click for Sponsored Products, within 14 for Brands and Display, whichever of your products was bought. They are part of your sales, never added to them.",
  "ACOS = spend ÷ ad sales. TACOS = spend ÷ product sales of the order view, without tax. ROAS = ad sales ÷ spend. Ratios are computed from sums; daily ratios are never averaged.",
  "Break-even ACOS = CM2 before advertising ÷ product sales, over the days whose margin is known. Above it, a sale through ads costs more than it earns.",
  "Unallocated spend belongs to ads whose products Amazon does not name, or to ASINs without a SKU. It is in profit, in the row without SKU.",
];

/** What the figures of this page mean. */
export const AdsDefinitions = () => (
  <Section title="Definitions">
    <List.Root ps={4} gap={1} fontSize="sm">
      {DEFINITIONS.map((text) => (
        <List.Item key={text}>{text}</List.Item>
      ))}
    </List.Root>
  </Section>
);
