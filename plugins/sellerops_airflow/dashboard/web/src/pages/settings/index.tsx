import { Stack, Switch, Text } from "@chakra-ui/react";

import { type Answer, Loaded, PageFrame, Section, useApi, useWrite } from "../../components";
import { AccountSettings } from "./AccountSettings";

export type SettingsAnswer = Answer<"/api/settings">;

const Settings = () => (
  <PageFrame title="Settings" lead="What partners see, and how profit is computed. Every change is in the audit log.">
    <Loaded result={useApi("/api/settings")}>
      {(settings) => (
        <>
          <Section title="Partners" lead="People who can read these pages but cannot change anything.">
            <PartnerCosts sees={settings.partner_sees_costs} />
          </Section>
          {[...new Set(settings.accounts.map((each) => each.account_id))].map((account) => (
            <Section
              key={account}
              title={`Account ${account}`}
              lead="A change takes precedence over config/account_settings.yaml. The marts that use it are rebuilt by the next run of their DAGs, within the hour."
            >
              <AccountSettings settings={settings.accounts.filter((each) => each.account_id === account)} />
            </Section>
          ))}
        </>
      )}
    </Loaded>
  </PageFrame>
);

const PartnerCosts = ({ sees }: { sees: boolean }) => {
  const save = useWrite("put", "/api/settings", { invalidates: ["/api/"], done: "Saved. It applies from the next page you open." });
  return (
    <Stack gap={1}>
      <Switch.Root
        checked={sees}
        disabled={save.isPending}
        onCheckedChange={({ checked }) => save.mutate({ body: { partner_sees_costs: checked } })}
      >
        <Switch.HiddenInput />
        <Switch.Control />
        <Switch.Label>Partners see costs and profit</Switch.Label>
      </Switch.Root>
      <Text color="fg.muted" fontSize="sm">
        {sees
          ? "Partners see cost of goods, margins and profit."
          : "Cost of goods, margins and profit are hidden from partners: in tables, totals and CSV files."}
      </Text>
    </Stack>
  );
};

export default Settings;
