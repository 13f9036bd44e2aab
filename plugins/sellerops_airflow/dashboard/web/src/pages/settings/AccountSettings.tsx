import { Badge, Button, HStack, Input, NativeSelect, SimpleGrid } from "@chakra-ui/react";
import { useEffect, useState } from "react";

import { FormField, useWrite } from "../../components";
import type { SettingsAnswer } from ".";

type Setting = SettingsAnswer["accounts"][number];

const LABELS: Record<string, string> = {
  vat_on_fees: "VAT on Amazon's fees",
  ads_paid_by: "Advertising is paid",
  reporting_currency: "Reporting currency",
  sb_attribution: "Spread Sponsored Brands over SKUs",
  refund_day: "Refunds count on",
  service_level: "Service level",
  margin_floor: "Margin floor",
  order_budget: "Budget for orders",
};

/** Where the description of the table's column says less than people need. */
const HELP: Record<string, string> = {
  vat_on_fees: "Whether you get back the VAT on Amazon's fees.",
  reporting_currency: "Pages show the amounts of all marketplaces in this currency.",
  margin_floor: "Lowest acceptable CM2 as a share of sales, 0 to 1; below it you get an alert.",
};

const CHOICES: Record<string, string> = {
  RECOVERABLE: "you recover it",
  NON_RECOVERABLE: "it is a cost",
  UNKNOWN: "unknown: profit is incomplete",
  balance: "from the balance",
  card: "by card",
  purchases: "by purchased products",
  even: "evenly",
  none: "not at all",
  refund: "the day of the refund",
  order: "the day of the order",
};

/** The settings of one account, each saved on its own. */
export const AccountSettings = ({ settings }: { settings: readonly Setting[] }) => (
  <SimpleGrid columns={{ base: 1, md: 2, xl: 3 }} gap={5}>
    {settings.map((setting) => (
      <OneSetting key={setting.name} setting={setting} />
    ))}
  </SimpleGrid>
);

const OneSetting = ({ setting }: { setting: Setting }) => {
  const [value, setValue] = useState(setting.value);
  useEffect(() => setValue(setting.value), [setting.value]);
  const save = useWrite("put", "/api/settings/account", {
    invalidates: ["/api/settings", "/api/context"],
    done: "Saved. The marts that use it are rebuilt within the hour.",
  });
  const send = (next: string | null) =>
    save.mutate({ body: { account_id: setting.account_id, name: setting.name, value: next } }, { onError: () => setValue(setting.value) });
  return (
    <FormField label={LABELS[setting.name] ?? setting.name} help={HELP[setting.name] ?? setting.description} error={save.error?.message}>
      <HStack w="full">
        {setting.choices.length > 0 ? (
          <NativeSelect.Root size="sm" disabled={save.isPending}>
            <NativeSelect.Field
              value={value}
              onChange={(event) => {
                setValue(event.currentTarget.value);
                send(event.currentTarget.value);
              }}
            >
              {setting.choices.map((choice) => (
                <option key={choice} value={choice}>
                  {CHOICES[choice] ?? choice}
                </option>
              ))}
            </NativeSelect.Field>
            <NativeSelect.Indicator />
          </NativeSelect.Root>
        ) : (
          <>
            <Input
              size="sm" value={value} disabled={save.isPending} onChange={(event) => setValue(event.currentTarget.value)}
              onKeyDown={(event) => event.key === "Enter" && value !== setting.value && send(value)}
            />
            {value !== setting.value && (
              <Button size="sm" onClick={() => send(value)} loading={save.isPending}>
                Save
              </Button>
            )}
          </>
        )}
        {setting.is_changed && (
          <>
            <Badge colorPalette="blue" variant="surface" title={`The file says: ${setting.in_file || "nothing"}`}>
              changed here
            </Badge>
            <Button size="xs" variant="ghost" onClick={() => send(null)} aria-label={`Reset ${LABELS[setting.name] ?? setting.name}`}>
              Reset
            </Button>
          </>
        )}
      </HStack>
    </FormField>
  );
};
