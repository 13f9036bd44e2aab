import { Button, Text } from "@chakra-ui/react";

import { AirflowLink, ConfirmDialog, PageFrame, Tabs, notify, useHubContext, useWrite } from "../../components";
import { AlertTiles } from "./AlertTiles";
import { HistoryTab } from "./HistoryTab";
import { OpenTab } from "./OpenTab";
import { SettingsTab } from "./SettingsTab";

const TABS = [
  { value: "open", title: "Open", content: () => <OpenTab /> },
  { value: "history", title: "History", content: () => <HistoryTab /> },
  { value: "settings", title: "Settings", content: () => <SettingsTab /> },
];

const Alerts = () => {
  const owner = useHubContext().data?.user.is_owner ?? false;
  return (
    <PageFrame title="Alerts" lead="What needs your attention now, most money per day first." scope={["marketplace"]} actions={owner ? <RunNow /> : undefined}>
      <AlertTiles />
      <Tabs label="Parts of alerts" tabs={TABS} />
    </PageFrame>
  );
};

const RunNow = () => {
  const run = useWrite("post", "/api/alerts/run", { invalidates: ["/api/alerts"] });
  const start = async () => {
    const started = await run.mutateAsync({});
    notify({ tone: "success", text: started.is_paused ? "The run is queued, but DAG marts__alerts is paused: switch it on in Airflow." : "The alerts are being evaluated. Reload in a minute." });
  };
  return (
    <ConfirmDialog trigger={<Button size="sm" variant="outline">Evaluate now…</Button>} title="Evaluate all alerts now" confirm="Evaluate" onConfirm={start}>
      <Text>
        DAG <AirflowLink to="dags/marts__alerts">marts__alerts</AirflowLink> evaluates all alerts against the current marts and notifies people of those that open and end. It also runs hourly.
      </Text>
    </ConfirmDialog>
  );
};

export default Alerts;
