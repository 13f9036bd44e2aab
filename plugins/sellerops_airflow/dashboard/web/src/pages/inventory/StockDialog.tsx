import { Input, NativeSelect, Stack } from "@chakra-ui/react";
import { type ReactNode, useState } from "react";

import { type Answer, ConfirmDialog, FormField, HubError, Problems, useHubContext, useWrite } from "../../components";

export type Stock = Answer<"/api/inventory/elsewhere">["rows"][number];
export const KINDS = { warehouse: "In your warehouse", purchase_order: "Ordered from a supplier" } as const;
// Levels and proposals follow once their marts are rebuilt.
export const READ_AGAIN = ["/api/inventory", "/api/restock"];

export const keyOf = ({ account_id, sku, kind, reference, valid_from }: Stock) => ({ account_id, sku, kind, reference, valid_from: valid_from ?? "" });

type Given = Record<"account_id" | "sku" | "kind" | "reference" | "valid_from" | "quantity" | "expected_date" | "supplier" | "note", string>;

/** Enter a count or an order, or edit one. The API checks it and lists every problem. */
export const StockDialog = ({ row, trigger }: { row?: Stock; trigger: ReactNode }) => {
  const context = useHubContext().data;
  const accounts = context?.accounts ?? [];
  const start: Given = {
    account_id: row?.account_id ?? accounts[0]?.id ?? "",
    sku: row?.sku ?? "",
    kind: row?.kind ?? "warehouse",
    reference: row?.reference ?? "",
    valid_from: row?.valid_from ?? context?.today ?? "",
    quantity: row ? String(row.quantity ?? "") : "",
    expected_date: row?.expected_date ?? "",
    supplier: row?.supplier ?? "",
    note: row?.note ?? "",
  };
  const [changed, setChanged] = useState<Partial<Given>>({});
  const [refused, setRefused] = useState<HubError | null>(null);
  const save = useWrite("put", "/api/inventory/elsewhere", { invalidates: READ_AGAIN, done: "Stored. Marts that read it are queued." });
  const given = { ...start, ...changed };
  const field = (name: keyof Given, type = "text") => ({
    size: "sm" as const,
    type,
    value: given[name],
    onChange: (event: { currentTarget: { value: string } }) => setChanged({ ...changed, [name]: event.currentTarget.value }),
  });
  const go = async () => {
    setRefused(null);
    try {
      await save.mutateAsync({ body: { rows: [bodyOf(given, row)], allow_unknown: false } });
      setChanged({});
    } catch (error) {
      if (error instanceof HubError) setRefused(error);
      throw error;
    }
  };
  return (
    <ConfirmDialog title={row ? `Edit stock of ${row.sku}` : "Add stock"} confirm="Store" trigger={trigger} onConfirm={go} disabled={given.sku.trim() === "" || given.quantity === ""}>
      <Stack gap={3}>
        {accounts.length > 1 && (
          <FormField label="Account" required>
            <Pick value={given.account_id} options={Object.fromEntries(accounts.map((each) => [each.id, each.id]))} choose={(account_id) => setChanged({ ...changed, account_id })} />
          </FormField>
        )}
        <FormField label="SKU" help="As listed at Amazon." required>
          <Input {...field("sku")} />
        </FormField>
        <FormField label="Where the units are" required>
          <Pick value={given.kind} options={KINDS} choose={(kind) => setChanged({ ...changed, kind })} />
        </FormField>
        <FormField label={given.kind === "warehouse" ? "Warehouse" : "Order number"} help="Your name for it. Optional.">
          <Input {...field("reference")} />
        </FormField>
        <FormField label="Units" help={given.kind === "warehouse" ? "0: no units from that day on." : "Not yet received."} required>
          <Input {...field("quantity", "number")} min={0} step={1} />
        </FormField>
        <FormField label={given.kind === "warehouse" ? "Counted on" : "Ordered on"} required>
          <Input {...field("valid_from", "date")} />
        </FormField>
        {given.kind === "purchase_order" && (
          <FormField label="At Amazon on" help="Leave empty to use the usual lead time.">
            <Input {...field("expected_date", "date")} />
          </FormField>
        )}
        <FormField label="Supplier">
          <Input {...field("supplier")} />
        </FormField>
        <FormField label="Remark">
          <Input {...field("note")} />
        </FormField>
        <Problems error={refused} />
      </Stack>
    </ConfirmDialog>
  );
};

const bodyOf = (given: Given, row?: Stock) => {
  const next = {
    ...given,
    sku: given.sku.trim(),
    reference: given.reference.trim(),
    valid_to: row?.valid_to ?? null,
    expected_date: given.kind === "purchase_order" && given.expected_date ? given.expected_date : null,
    supplier: given.supplier || null,
    note: given.note || null,
  };
  const before = row && keyOf(row);
  const moved = before && (Object.keys(before) as (keyof typeof before)[]).some((name) => before[name] !== next[name]);
  return { ...next, replaces: moved ? before : null };
};

const Pick = ({ value, options, choose }: { value: string; options: Record<string, string>; choose: (value: string) => void }) => (
  <NativeSelect.Root size="sm">
    <NativeSelect.Field value={value} onChange={(event) => choose(event.currentTarget.value)}>
      {Object.entries(options).map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </NativeSelect.Field>
    <NativeSelect.Indicator />
  </NativeSelect.Root>
);
