import { Heading, Stack, Text } from "@chakra-ui/react";

import { Facts, HubLink, Moment, Money, useHubContext } from "../../components";
import type { Alert } from "./columns";
import { Decisions } from "./Decisions";

/** One alert: what it is about, what you can do, and the figures it was found by. */
export const AlertPanel = ({ alert }: { alert: Alert }) => {
  const user = useHubContext().data?.user;
  const owner = user?.is_owner ?? false;
  const evidence = Object.entries(alert.evidence ?? {});
  return (
    <Stack gap={4}>
      <Text>{alert.summary}</Text>
      <Stack gap={1}>
        <Heading as="h3" size="sm">
          What to do
        </Heading>
        <Text>{alert.remedy}</Text>
      </Stack>
      <Facts
        facts={[
          ["Account", alert.account_id],
          ["Marketplace", alert.marketplace || "all"],
          ["About", alert.subject ? <HubLink key="about" to="products" params={{ q: alert.subject }}>{alert.subject}</HubLink> : null],
          ["Money per day", user?.sees_costs && <Money key="money" value={alert.money_per_day} currency={alert.currency} reason="no amount is known" />],
          ["Open since", <Moment key="since" value={alert.opened_at} />],
          ["Last found", <Moment key="seen" value={alert.seen_at} />],
          ["Ended", alert.ended_at ? <Moment key="ended" value={alert.ended_at} /> : null],
          ["People notified", alert.notified_at ? <Moment key="notified" value={alert.notified_at} /> : "not yet"],
          ["Acknowledged", alert.acknowledged_at ? <span key="ack"><Moment value={alert.acknowledged_at} /> by {alert.acknowledged_by}</span> : null],
          ["Snoozed until", alert.state === "snoozed" ? <span key="snooze"><Moment value={alert.snoozed_until} /> by {alert.snoozed_by}</span> : null],
          ["Note", alert.note],
        ]}
      />
      {evidence.length > 0 && (
        <Stack gap={1}>
          <Heading as="h3" size="sm">
            Figures behind it
          </Heading>
          <Facts facts={evidence.map(([name, value]) => [name.replaceAll("_", " "), typeof value === "object" ? JSON.stringify(value) : String(value)] as const)} />
        </Stack>
      )}
      {owner && alert.state !== "ended" && <Decisions alerts={[alert]} />}
    </Stack>
  );
};
