import { Box, Table, Text } from "@chakra-ui/react";

import { Money, StatusBadge, Units, WhyButton, useScope } from "../../components";
import type { StoryData } from "./story";

interface FeesProps {
  fees: StoryData["fees"];
  account: string;
  sku: string;
  marketplaces: string[];
}

const nameOf = (fee: string) => fee.replace(/^[a-z]+\./, "").replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

/** Each kind of fee: charged and expected, in total and per unit. */
export const Fees = ({ fees, account, sku, marketplaces }: FeesProps) => {
  const scope = useScope();
  if (fees.length === 0) return <Text color="fg.muted">No fees are reported for these days.</Text>;
  return (
    <Box position="relative" overflowX="auto" tabIndex={0} role="region" aria-label="Amazon's fees">
      <Table.Root size="sm" css={{ "& td, & th": { whiteSpace: "nowrap" } }}>
        <Table.Header>
          <Table.Row bg="bg.subtle">
            {["Fee", "Units charged", "Charged", "Per unit", "Units ordered", "Expected", "Per unit", "Status", "Why"].map((name, index) => (
              <Table.ColumnHeader key={index} textAlign={index > 0 && index < 7 ? "end" : "start"}>
                {name}
              </Table.ColumnHeader>
            ))}
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {fees.map((fee) => (
            <Table.Row key={fee.fee_type}>
              <Table.Cell>{nameOf(fee.fee_type)}</Table.Cell>
              <Table.Cell textAlign="end"><Units value={fee.units_charged} /></Table.Cell>
              <Table.Cell textAlign="end"><Money value={fee.amount_actual} currency={fee.currency} reason="not charged on these days" /></Table.Cell>
              <Table.Cell textAlign="end"><Money value={fee.rate_actual} currency={fee.currency} /></Table.Cell>
              <Table.Cell textAlign="end"><Units value={fee.units_expected} /></Table.Cell>
              <Table.Cell textAlign="end"><Money value={fee.amount_estimated} currency={fee.currency} reason="the rate is unknown" /></Table.Cell>
              <Table.Cell textAlign="end"><Money value={fee.rate_estimated} currency={fee.currency} /></Table.Cell>
              <Table.Cell><StatusBadge status={fee.status} /></Table.Cell>
              <Table.Cell>
                <WhyButton label={nameOf(fee.fee_type)} mart="fees_day" column="amount_actual" keys={{ account_id: account, marketplace_id: marketplaces, sku, fee_type: fee.fee_type, start: scope.start, end: scope.end }} />
              </Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Box>
  );
};
