import { Code, List, Span, Text } from "@chakra-ui/react";
import type { ReactNode } from "react";

import { HubLink, Section, explainMissing, useApi, useScope } from "../../components";
import type { View } from "./views";

/** What to do about a missing word; what only waiting helps for says so. */
const ADVICE: Record<string, ReactNode> = {
  ads: (
    <>
      A marketplace advertised in the two weeks before, but no ads are reported for a day. Check the ads reports on <HubLink to="health">Data health</HubLink> and
      collect the day again. In the payment view: you pay for ads by card, so no settlement contains them; use the order view.
    </>
  ),
  cost: (
    <>
      Some units have no cost. Get the file with <Code size="sm">bin/sellerops reference template cost --output costs.csv</Code>, fill it in, and store it with{" "}
      <Code size="sm">bin/sellerops reference import cost costs.csv</Code>. The SKUs are those with “{explainMissing("cost").text}” under By SKU.
    </>
  ),
  days: <>Figures end before the period does. Choose a period that ends earlier, or look at Data health for days that are missing or still being collected.</>,
  fees: (
    <>
      Amazon has not given a fee for orders that it has not posted yet. Switch on the report fee_preview, which gives expected fees in advance, or wait until the orders
      are posted, usually two days after they ship.
    </>
  ),
  fx_rate: (
    <>
      An exchange rate from the last 30 days is missing. <Code size="sm">bin/sellerops reference rates</Code> shows which; add it with{" "}
      <Code size="sm">bin/sellerops reference import fx_given rates.csv</Code>, or choose the marketplace&apos;s currency.
    </>
  ),
  lines: <>The lines of a settlement do not add up to its total: Amazon&apos;s file is damaged. Clear the run of the report settlements to download it again.</>,
  orders: (
    <>
      Orders are collected once a day, up to midnight UTC. The last day of a marketplace in the Americas ends later: the rest of its orders is collected tomorrow. For a comparison, choose
      a period that ends a day earlier. If orders of an older day are missing, collect the report all_orders for that day on Data health.
    </>
  ),
  price: <>A pending order has no price, and its SKU had none before. Amazon gives the price once the payment is confirmed; the report listings_all has one sooner.</>,
  sales: <>Sales and Traffic of a day has not been collected yet. It arrives one to three days late; if it takes longer, collect sales_daily_totals on Data health.</>,
  settlement: <>The forecast needs an earlier settlement. Switch on the report settlements; the first one comes within two weeks.</>,
  storage: (
    <>
      Amazon publishes the storage fees of a month in the middle of the next one. Until then, days use the cost of the last known month. If the report
      storage_fees is switched off, switch it on.
    </>
  ),
  unmapped: (
    <>
      Some amounts have a name that no rule maps. <HubLink to="profit" params={{ view: "unmapped" }}>Unmapped</HubLink> lists them with the line that adds a rule.
    </>
  ),
  vat_setting: (
    <>
      Fees include VAT, and whether you recover it is not set. Set <Code size="sm">vat_on_fees</Code> to RECOVERABLE or NON_RECOVERABLE in{" "}
      <Code size="sm">include/config/account_settings.yaml</Code>.
    </>
  ),
};

/** Each missing word of the period with what to do about it; nothing where nothing is missing. */
export const Advice = ({ view }: { view: View }) => {
  const scope = useScope();
  const result = useApi("/api/profit/lines", { query: { ...scope.query, view } });
  const missing = result.data?.missing ?? [];
  if (missing.length === 0) return null;
  return (
    <Section title="What is missing, and what to do" lead="After a change, the next run of marts__money recomputes the days.">
      <List.Root ps={4} gap={2} fontSize="sm">
        {missing.map((word) => (
          <List.Item key={word}>
            <Span fontWeight="semibold">{explainMissing(word).text}:</Span> <Text as="span">{ADVICE[word] ?? "See Data health."}</Text>
          </List.Item>
        ))}
      </List.Root>
    </Section>
  );
};
