import { Box, Text } from "@chakra-ui/react";

import { type Answer, type Column, Moment, Money, StatusBadge } from "../../components";

export type Alert = Answer<"/api/alerts">["rows"][number];

const STATE_TONES = { open: "warning", acknowledged: "info", snoozed: "quiet", ended: "good" } as const;

/** What open and ended alerts have in common. */
export const alertColumns = (open: (alert: Alert) => void, seesCosts: boolean): (Column<Alert> | false)[] => [
  {
    key: "title", header: "Alert",
    cell: (row) => (
      <Box asChild textAlign="start" cursor="pointer" color="blue.fg" textDecoration="underline">
        <button type="button" onClick={() => open(row)}>
          {row.title}
        </button>
      </Box>
    ),
  },
  seesCosts && { key: "rank_money", header: "Per day", align: "end", help: "Money at stake per day, in the reporting currency.", cell: (row) => <Money value={row.rank_money} currency={row.rank_currency} reason="no amount is known" /> },
  { key: "subject", header: "About", cell: (row) => row.subject },
  { key: "summary", header: "What", sortable: false, cell: (row) => <Text whiteSpace="normal" minW="18rem">{row.summary}</Text> },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace || "all" },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "severity", header: "Severity", cell: (row) => <StatusBadge status={row.severity} tone={row.severity === "urgent" ? "bad" : "warning"} /> },
  { key: "opened_at", header: "Since", cell: (row) => <Moment value={row.opened_at} /> },
  {
    key: "state", header: "State",
    cell: (row) => (
      <>
        <StatusBadge status={row.state} tone={STATE_TONES[row.state]} /> <StateNote alert={row} />
      </>
    ),
  },
];

const StateNote = ({ alert }: { alert: Alert }) => (
  <Text as="span" fontSize="sm" color="fg.muted">
    {alert.state === "snoozed" && <>until <Moment value={alert.snoozed_until} /> by {alert.snoozed_by}</>}
    {alert.state === "acknowledged" && <>by {alert.acknowledged_by}</>}
    {alert.state === "ended" && <Moment value={alert.ended_at} />}
  </Text>
);
