import { Button, Input, Stack, Text } from "@chakra-ui/react";
import { useState } from "react";

import { ConfirmDialog, Day, FormField, StatusBadge, type Tone, useHubContext, useWrite } from "../../components";
import type { HubConnection } from ".";

const SOON = 30;

/** When the client secret of a connection ends: 180 days after it was renewed, on a day that an owner notes. */
export const SecretCell = ({ connection, isOwner }: { connection: HubConnection; isOwner: boolean }) => {
  const { secret } = connection;
  if (!secret) return <Text color="fg.muted">does not expire</Text>;
  return (
    <Stack gap={1} align="start">
      {secret.ends_on === null || secret.days_left === null ? (
        <Text color="fg.muted">renewal date not recorded</Text>
      ) : (
        <>
          <StatusBadge {...badge(secret.days_left)} />
          <Text fontSize="sm" color="fg.muted">
            expires on <Day value={secret.ends_on} />
          </Text>
        </>
      )}
      {isOwner && <NoteDay connection={connection} />}
    </Stack>
  );
};

const badge = (left: number): { status: string; tone: Tone } => {
  if (left < 0) return { status: "expired", tone: "bad" };
  return { status: `${left} days left`, tone: left <= SOON ? "warning" : "good" };
};

const NoteDay = ({ connection }: { connection: HubConnection }) => {
  const today = useHubContext().data?.today;
  const [day, setDay] = useState(connection.secret?.renewed_on ?? "");
  const save = useWrite("put", "/api/connections/secret", { invalidates: ["/api/connections"], done: "Saved." });
  return (
    <ConfirmDialog
      trigger={
        <Button size="xs" variant="outline" aria-label={`Record renewal of the client secret of ${connection.connection}`}>
          Record renewal
        </Button>
      }
      title={`Client secret of ${connection.connection}`}
      confirm="Save"
      onConfirm={() => save.mutateAsync({ body: { connection: connection.connection, renewed_on: day || null } })}
    >
      <FormField
        label="Renewed on"
        help="The client secret of a Selling Partner application expires 180 days after it was renewed. Amazon shows the date only in its Solution Provider Portal. Leave empty to remove the date."
      >
        <Input type="date" value={day} max={today} onChange={(event) => setDay(event.currentTarget.value)} />
      </FormField>
    </ConfirmDialog>
  );
};
