import { Button, HStack, Input, Table, Text } from "@chakra-ui/react";
import { useState } from "react";

import { type Answer, ConfirmDialog, Day, EmptyState, FormField, HubLink, Section, Units, addDays, useHubContext, useWrite } from "../../components";
import { type Place, skuPath } from "./words";

type Override = Answer<"/api/restock">["overrides"][number];
const READ_AGAIN = ["/api/restock"];

/** Quantities that people set, with who and why. */
export const Overrides = ({ rows }: { rows: Override[] }) => {
  if (rows.length === 0)
    return (
      <EmptyState title="No quantities are set by hand">
        Open a SKU to set one. It replaces the proposed quantity until the day you choose, and you give a reason.
      </EmptyState>
    );
  return (
    <Section title="Quantities set by people" lead="They replace the proposed quantity until their last day. A change appears once the marts of group demand are rebuilt.">
      <OverrideTable rows={rows} withSku />
    </Section>
  );
};

export const OverrideTable = ({ rows, withSku }: { rows: Override[]; withSku?: boolean }) => {
  const owner = useHubContext().data?.user.is_owner ?? false;
  return (
    <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table">
      <Table.Root size="sm">
        <Table.Header>
          <Table.Row>
            {[...(withSku ? ["SKU"] : []), "Units", "From", "Until", "Reason", "Set by", "State"].map((text) => (
              <Table.ColumnHeader key={text} textAlign={text === "Units" ? "end" : "start"}>
                {text}
              </Table.ColumnHeader>
            ))}
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {rows.map((row) => (
            <Table.Row key={row.id}>
              {withSku && (
                <Table.Cell>
                  <HubLink to={skuPath(row)}>{row.sku}</HubLink>
                </Table.Cell>
              )}
              <Table.Cell textAlign="end">
                <Units value={row.quantity} />
              </Table.Cell>
              <Table.Cell>
                <Day value={row.first_day} />
              </Table.Cell>
              <Table.Cell>
                <Day value={row.last_day} />
              </Table.Cell>
              <Table.Cell>{row.reason}</Table.Cell>
              <Table.Cell>{row.author}</Table.Cell>
              <Table.Cell>
                {row.ended_by !== null ? `ended by ${row.ended_by}` : row.is_in_force ? <HStack>in force{owner && <EndOverride row={row} />}</HStack> : "over"}
              </Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table.Root>
    </Table.ScrollArea>
  );
};

const EndOverride = ({ row }: { row: Override }) => {
  const end = useWrite("delete", "/api/restock/overrides", { invalidates: READ_AGAIN, done: "Ended. The proposal returns once the marts are rebuilt." });
  return (
    <ConfirmDialog
      title={`End your quantity of ${row.sku}?`} confirm="End it"
      trigger={
        <Button size="2xs" variant="outline">
          End
        </Button>
      }
      onConfirm={() => end.mutateAsync({ query: { account_id: row.account_id, marketplace_id: row.marketplace_id, sku: row.sku } })}
    >
      <Text>The proposed quantity applies again. The row stays in the history.</Text>
    </ConfirmDialog>
  );
};

/** Set a quantity instead of the proposed one. */
export const SetOverride = ({ place, proposed, label = "Set a quantity" }: { place: Place; proposed: number | null; label?: string }) => {
  const today = useHubContext().data?.today ?? "";
  const [quantity, setQuantity] = useState(String(proposed ?? ""));
  const [until, setUntil] = useState(addDays(today, 30));
  const [reason, setReason] = useState("");
  const save = useWrite("post", "/api/restock/overrides", { invalidates: READ_AGAIN, done: "Set. It appears once the marts of group demand are rebuilt." });
  const units = Number(quantity);
  const valid = quantity !== "" && Number.isInteger(units) && units >= 0 && until >= today && reason.trim().length >= 3;
  return (
    <ConfirmDialog
      title={`Order a different quantity of ${place.sku}`} confirm="Set this quantity" disabled={!valid}
      trigger={
        <Button size="sm" variant="outline">
          {label}
        </Button>
      }
      onConfirm={() => save.mutateAsync({ body: { ...place, quantity: units, last_day: until, reason: reason.trim() } })}
    >
      <FormField label="Units to order" help="0: order nothing." required>
        <Input type="number" min={0} step={1} value={quantity} onChange={(event) => setQuantity(event.currentTarget.value)} />
      </FormField>
      <FormField label="Until" help="The last day on which it applies." required>
        <Input type="date" min={today} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
      </FormField>
      <FormField label="Reason" help="For whoever reads it later." required>
        <Input value={reason} maxLength={500} onChange={(event) => setReason(event.currentTarget.value)} />
      </FormField>
    </ConfirmDialog>
  );
};
