import { Button, Input, Stack, Text } from "@chakra-ui/react";
import { useState } from "react";

import { ConfirmDialog, Day, FormField, StatusBadge, type Tone, useHubContext, useWrite } from "../../components";
import type { HubConnection } from ".";

const SOON = 30;

/** When the client secret of a connection ends: 180 days after it was renewed, on a day that an owner notes. */
export const SecretCell = ({ connection, isOwner }: { connection: HubConnection; isOwner: boolean }) => {
  const { secret } = connection;
  if (!secret) return <Text color="fg.muted">does not end</Text>;
  return (
    <Stack gap={1} align="start">
      {secret.ends_on === null || secret.days_left === null ? (
        <Text color="fg.muted">day of renewal not noted</Text>
      ) : (
        <>
          <StatusBadge {...badge(secret.days_left)} />
          <Text fontSize="sm" color="fg.muted">
            ends on <Day value={secret.ends_on} />
          </Text>
        </>
      )}
      {isOwner && <NoteDay connection={connection} />}
    </Stack>
  );
};

const badge = (left: number): { status: string; tone: Tone } => {
  if (left < 0) return { status: "ended", tone: "bad" };
  return { status: `${left} days left`, tone: left <= SOON ? "warning" : "good" };
};

const NoteDay = ({ connection }: { connection: HubConnection }) => {
  const today = useHubContext().data?.today;
  const [day, setDay] = useState(connection.secret?.renewed_on ?? "");
  const save = useWrite("put", "/api/connections/secret", { invalidates: ["/api/connections"], done: "Noted." });
  return (
    <ConfirmDialog
      trigger={
        <Button size="xs" variant="outline" aria-label={`Note renewal of the client secret of ${connection.connection}`}>
          Note renewal
        </Button>
      }
      title={`Client secret of ${connection.connection}`}
      confirm="Save"
      onConfirm={() => save.mutateAsync({ body: { connection: connection.connection, renewed_on: day || null } })}
    >
      <FormField
        label="Renewed on"
        help="Amazon ends the client secret of a Selling Partner application 180 days after it was renewed, and tells the day only in its Solution Provider Portal. Leave it empty to forget the day."
      >
        <Input type="date" value={day} max={today} onChange={(event) => setDay(event.currentTarget.value)} />
      </FormField>
    </ConfirmDialog>
  );
};
