import { Button, HStack, Input, Stack, Text, Textarea } from "@chakra-ui/react";
import { useState } from "react";

import { ConfirmDialog, FormField, addDays, useHubContext, useWrite } from "../../components";
import type { Alert } from "./columns";

interface DecisionsProps {
  alerts: readonly Alert[];
  done?: () => void;
}

const DAYS = 7;
const INVALIDATES = { invalidates: ["/api/alerts", "/api/overview"] };

/** What an owner can do about open alerts: acknowledge, snooze, wake. */
export const Decisions = ({ alerts, done }: DecisionsProps) => {
  const today = useHubContext().data?.today ?? "";
  const [note, setNote] = useState("");
  const [until, setUntil] = useState("");
  const acknowledge = useWrite("post", "/api/alerts/acknowledge", INVALIDATES);
  const snooze = useWrite("post", "/api/alerts/snooze", INVALIDATES);
  const wake = useWrite("post", "/api/alerts/wake", INVALIDATES);
  const ids = alerts.map(({ id }) => id);
  const which = alerts.length === 1 ? `${alerts[0]?.title} ${alerts[0]?.subject}`.trim() : `${alerts.length} alerts`;
  const finish = async (work: Promise<unknown>) => {
    await work;
    setNote("");
    done?.();
  };
  const lastDay = until || (today ? addDays(today, DAYS) : "");
  const noted = (
    <FormField label="Note" help="The reason; stored with the alert and in the audit log.">
      <Textarea value={note} maxLength={500} onChange={(event) => setNote(event.currentTarget.value)} />
    </FormField>
  );
  return (
    <HStack gap={2} flexWrap="wrap" role="group" aria-label={`Decide about ${which}`}>
      <ConfirmDialog trigger={<Button size="sm" variant="outline">Acknowledge…</Button>} title={`Acknowledge ${which}`} confirm="Acknowledge" onConfirm={() => finish(acknowledge.mutateAsync({ body: { ids, note } }))}>
        <Text mb={3}>Records that somebody is taking care of it. It stays open until its condition ends.</Text>
        {noted}
      </ConfirmDialog>
      <ConfirmDialog
        trigger={<Button size="sm" variant="outline">Snooze…</Button>} title={`Snooze ${which}`} confirm="Snooze" disabled={lastDay < today}
        onConfirm={() => finish(snooze.mutateAsync({ body: { ids, note, until: lastDay } }))}
      >
        <Stack gap={3}>
          <FormField label="Until" required help="The last day without notices about it, even if it ends and opens again.">
            <Input type="date" value={lastDay} min={today} onChange={(event) => setUntil(event.currentTarget.value)} />
          </FormField>
          {noted}
        </Stack>
      </ConfirmDialog>
      {alerts.every(({ state }) => state === "snoozed") && (
        <Button size="sm" variant="outline" loading={wake.isPending} onClick={() => void finish(wake.mutateAsync({ body: { ids, note: "" } })).catch(() => undefined)}>
          End the snooze
        </Button>
      )}
    </HStack>
  );
};
