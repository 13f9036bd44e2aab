import { List, Span } from "@chakra-ui/react";

import { type Answer, Loaded, Section, useApi, useScope } from "../../components";
import type { View } from "./views";

type Method = Answer<"/api/profit/methods">[number];

const DEFINITIONS = [
  "CM1 = product sales + shipping + gift wrap + other income − refunds − promotions − referral, closing and digital services fees − fulfilment − returns processing − refund administration − chargebacks − merchant shipping − cost of goods, plus the cost of units that came back sellable.",
  "CM2 = CM1 − advertising − coupon, deal and Vine fees − storage − inbound − removals + liquidations + reimbursements − clawbacks. Some tools leave reimbursements, inbound and storage out of net profit.",
  "Profit = CM2 + overhead. Tax, balance and unmapped amounts are shown beside it, never in it.",
];

const REFUNDS: Record<string, string> = {
  refund: "Refunds count on the day of the refund.",
  order: "Refunds count on the day of the order if it is at most 120 days earlier.",
};
const ADS: Record<string, string> = {
  purchases: "Sponsored Brands ads with several products are spread by attributed sales.",
  even: "Sponsored Brands ads with several products are spread evenly.",
  none: "Sponsored Brands ads with several products are not spread: their spend has no SKU.",
};
const VAT: Record<string, string> = {
  RECOVERABLE: "VAT on fees is recovered, so it is not a cost.",
  NON_RECOVERABLE: "VAT on fees is a cost.",
  UNKNOWN: "Whether VAT on fees is a cost is not set, so days with it are incomplete: set vat_on_fees.",
};
const PAID: Record<string, string> = {
  balance: "Amazon deducts advertising from payouts.",
  card: "You pay for advertising by card, so it is in no settlement: use the order view for margins.",
};

const textsOf = (method: Method, view: View) =>
  view === "order"
    ? [REFUNDS[method.refund_day], ADS[method.sb_attribution], VAT[method.vat_on_fees]]
    : [PAID[method.ads_paid_by], VAT[method.vat_on_fees], "Cost of goods is that of the units posted; returned units are not added back."];

/** The definitions behind the figures, with the account settings that change them. */
export const Methods = ({ view, extra = [] }: { view: View; extra?: readonly string[] }) => {
  const scope = useScope();
  const result = useApi("/api/profit/methods", { query: scope.query });
  return (
    <Section title="Definitions" lead="Settings are in config/account_settings.yaml; changes apply after the next run of the marts.">
      <List.Root ps={4} gap={1} fontSize="sm">
        {[...DEFINITIONS, ...extra].map((text) => (
          <List.Item key={text}>{text}</List.Item>
        ))}
      </List.Root>
      <Loaded result={result}>
        {(methods) => (
          <List.Root ps={4} gap={1} fontSize="sm" mt={2}>
            {methods.map((method) => (
              <List.Item key={method.account_id}>
                <Span fontWeight="semibold">{method.account_id}</Span>: {textsOf(method, view).filter(Boolean).join(" ")}
              </List.Item>
            ))}
          </List.Root>
        )}
      </Loaded>
    </Section>
  );
};
