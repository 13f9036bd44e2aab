import { Button, Input, NativeSelect, Stack, Table, Text } from "@chakra-ui/react";
import { useState } from "react";
import { useNavigate } from "react-router-dom";

import { type Answer, ConfirmDialog, FormField, HubError, Loaded, Problems, money, units, useApi, useWrite } from "../../components";
import type { Proposal } from "./words";

/** Start DAG fba_inbound with the chosen proposals, after showing what will be sent. */
export const InboundDialog = ({ rows, label }: { rows: Proposal[]; label?: string }) => {
  const [first] = rows;
  const together = rows.every((row) => row.account_id === first?.account_id && row.marketplace_id === first?.marketplace_id);
  if (!first) return null;
  if (!together)
    return (
      <Text fontSize="sm" color="fg.muted">
        To ship to FBA, choose SKUs of one account and marketplace.
      </Text>
    );
  return <OneMarketplace rows={rows} first={first} label={label ?? `Ship ${rows.length === 1 ? "it" : `these ${rows.length}`} to FBA…`} />;
};

const OneMarketplace = ({ rows, first, label }: { rows: Proposal[]; first: Proposal; label: string }) => {
  const navigate = useNavigate();
  const { account_id, marketplace_id } = first;
  const form = useApi("/api/restock/inbound-form", { query: { account_id, marketplace_id } });
  const [given, setGiven] = useState<Partial<Sent>>({});
  const [quantities, setQuantities] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<HubError | null>(null);
  // Kept when it is sent again, so that Airflow refuses a second run.
  const [requestId] = useState(newId);
  const start = useWrite("post", "/api/restock/inbound-runs", { invalidates: ["/api/shipments"], done: "The inbound run has been started." });
  const sent: Sent = {
    address: form.data?.addresses[0] ?? "",
    contact: form.data?.contact_needed ? (form.data.contacts[0] ?? "") : "",
    name: `Restock ${first.marketplace} ${first.day ?? ""}`.trim(),
    ready: form.data?.ready ?? "",
    ...given,
  };
  const items = rows.map((row) => ({ sku: row.sku, quantity: Number(quantities[row.sku] ?? row.order_quantity ?? 0) }));
  const valid = items.every(({ quantity }) => Number.isInteger(quantity) && quantity > 0) && sent.address !== "" && sent.name.trim() !== "" && sent.ready !== "";
  const go = async () => {
    setRefused(null);
    try {
      const run = await start.mutateAsync({
        body: {
          request_id: requestId, account_id, marketplace_id, items, source_address: sent.address, name: sent.name.trim(), ready: sent.ready, dry_run: false,
          contact: sent.contact || null,
        },
      });
      navigate(`/${run.path}`);
    } catch (error) {
      if (error instanceof HubError) setRefused(error);
      throw error;
    }
  };
  return (
    <ConfirmDialog
      title={`Ship to FBA in ${first.marketplace}`} confirm="Start the inbound run" disabled={!valid} onConfirm={go}
      trigger={
        <Button size="xs" colorPalette="blue">
          {label}
        </Button>
      }
    >
      <Loaded result={form}>
        {(choices) =>
          choices.addresses.length === 0 ? (
            <Text>config/inbound.yaml has no address for {account_id}. Add one, then open this dialog again.</Text>
          ) : (
            <Stack gap={3}>
              <Items rows={rows} quantities={quantities} change={(sku, text) => setQuantities({ ...quantities, [sku]: text })} />
              <Fields choices={choices} sent={sent} change={(part) => setGiven({ ...given, ...part })} />
              <Text fontSize="sm" color="fg.muted">
                This starts DAG fba_inbound for account {account_id}: it checks the request, creates a plan at Amazon and collects the offers.
                Nothing is confirmed or charged before{" "}
                {choices.approvers.length > 0 ? `${choices.approvers.join(" or ")} approves` : "an approver named in config/inbound.yaml decides; none is named yet"}.
              </Text>
              <Problems error={refused} />
            </Stack>
          )
        }
      </Loaded>
    </ConfirmDialog>
  );
};

// crypto.randomUUID is missing where Airflow is served without TLS.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

interface Sent {
  address: string;
  contact: string;
  name: string;
  ready: string;
}

interface ItemsProps {
  rows: Proposal[];
  quantities: Record<string, string>;
  change: (sku: string, text: string) => void;
}

const Items = ({ rows, quantities, change }: ItemsProps) => (
  <Table.ScrollArea tabIndex={0} position="relative" role="group" aria-label="Table" maxH="16rem">
    <Table.Root size="sm">
      <Table.Header>
        <Table.Row>
          <Table.ColumnHeader>SKU</Table.ColumnHeader>
          <Table.ColumnHeader textAlign="end">In your warehouse</Table.ColumnHeader>
          <Table.ColumnHeader textAlign="end">Units to send</Table.ColumnHeader>
        </Table.Row>
      </Table.Header>
      <Table.Body>
        {rows.map((row) => (
          <Table.Row key={row.sku}>
            <Table.Cell>
              {row.sku}
              <Text fontSize="xs" color="fg.muted">
                {row.case_pack && row.case_pack > 1 ? `cartons of ${units(row.case_pack)}` : ""}
                {row.unit_cost !== null ? ` ${money(row.unit_cost, row.currency)} a unit` : ""}
              </Text>
            </Table.Cell>
            <Table.Cell textAlign="end">{units(row.own_warehouse)}</Table.Cell>
            <Table.Cell textAlign="end">
              <Input
                size="xs" type="number" min={1} width="6rem" textAlign="end" aria-label={`Units of ${row.sku} to send`}
                value={quantities[row.sku] ?? String(row.order_quantity ?? "")} onChange={(event) => change(row.sku, event.currentTarget.value)}
              />
            </Table.Cell>
          </Table.Row>
        ))}
      </Table.Body>
    </Table.Root>
  </Table.ScrollArea>
);

interface FieldsProps {
  choices: Answer<"/api/restock/inbound-form">;
  sent: Sent;
  change: (part: Partial<Sent>) => void;
}

const Fields = ({ choices, sent, change }: FieldsProps) => (
  <>
    <FormField label="Ships from" required>
      <Pick value={sent.address} names={choices.addresses} choose={(address) => change({ address })} />
    </FormField>
    <FormField label="Name" help="The plan's name in Seller Central, at most 30 characters." required>
      <Input size="sm" maxLength={30} value={sent.name} onChange={(event) => change({ name: event.currentTarget.value })} />
    </FormField>
    <FormField label="Ready to ship on" required>
      <Input size="sm" type="date" max={choices.latest_ready} value={sent.ready} onChange={(event) => change({ ready: event.currentTarget.value })} />
    </FormField>
    {choices.contacts.length > 0 && (
      <FormField label="Contact" required={choices.contact_needed} help="Who the carrier can call; required in some marketplaces.">
        <Pick value={sent.contact} names={choices.contact_needed ? choices.contacts : ["", ...choices.contacts]} choose={(contact) => change({ contact })} />
      </FormField>
    )}
  </>
);

const Pick = ({ value, names, choose }: { value: string; names: readonly string[]; choose: (name: string) => void }) => (
  <NativeSelect.Root size="sm">
    <NativeSelect.Field value={value} onChange={(event) => choose(event.currentTarget.value)}>
      {names.map((name) => (
        <option key={name} value={name}>
          {name || "None"}
        </option>
      ))}
    </NativeSelect.Field>
    <NativeSelect.Indicator />
  </NativeSelect.Root>
);
