import { Stack } from "@chakra-ui/react";

import { AirflowLink, Loaded, LoadingState, PageFrame, Tabs, Tile, Tiles, useApi, useScope } from "../../components";
import { DeadlinesTab } from "./DeadlinesTab";
import { DifferencesTab } from "./DifferencesTab";
import { RunsTab } from "./RunsTab";

const TABS = [
  { value: "runs", title: "Shipments", content: () => <RunsTab /> },
  { value: "differences", title: "Differences", content: () => <DifferencesTab /> },
  { value: "deadlines", title: "Deadlines", content: () => <DeadlinesTab /> },
];

const Shipments = () => (
  <PageFrame
    title="Shipments" lead="FBA inbound shipments: what is waiting for you, and what did not arrive." scope={["marketplace"]}
    actions={<AirflowLink to="dags/fba_inbound">Start a shipment in Airflow</AirflowLink>}
  >
    <Stack gap={4} minW={0}>
      <ShipmentTiles />
      <Tabs label="Parts of shipments" tabs={TABS} />
    </Stack>
  </PageFrame>
);

const ShipmentTiles = () => {
  const { query } = useScope();
  return (
    <Loaded result={useApi("/api/shipments/tiles", { query })} loading={<LoadingState lines={2} height="16" />}>
      {(data) => (
        <Tiles>
          <Tile label="Open" kind="units" value={data.open} to="shipments" />
          <Tile label="Waiting for approval" kind="units" value={data.approval} to="shipments" params={{ show: "approval" }} />
          <Tile label="Failed" kind="units" value={data.failed} to="shipments" params={{ show: "failed" }} />
          <Tile label="Received differs from shipped" kind="units" value={data.difference} to="shipments" params={{ show: "difference" }} note="shipments, open and closed" />
          <Tile label="Units missing" kind="units" value={data.missing_units} to="shipments" params={{ tab: "differences" }} note="of delivered shipments" />
          <Tile label="Deadlines" kind="units" value={data.deadlines} to="shipments" params={{ tab: "deadlines" }} />
        </Tiles>
      )}
    </Loaded>
  );
};

export default Shipments;
