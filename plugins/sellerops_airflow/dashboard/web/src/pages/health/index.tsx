import { Stack } from "@chakra-ui/react";

import { PageFrame, Tabs } from "../../components";
import { CalendarTab } from "./CalendarTab";
import { ChecksTab } from "./ChecksTab";
import { DriftTab } from "./DriftTab";
import { FreshnessTab } from "./FreshnessTab";
import { HealthTiles } from "./HealthTiles";
import { MappingTab } from "./MappingTab";
import { QuarantineTab } from "./QuarantineTab";
import { QuotaTab } from "./QuotaTab";
import { SettlingTab } from "./SettlingTab";

const TABS = [
  { value: "calendar", title: "Calendar", content: () => <CalendarTab /> },
  { value: "quarantine", title: "Quarantine", content: () => <QuarantineTab /> },
  { value: "freshness", title: "Freshness", content: () => <FreshnessTab /> },
  { value: "checks", title: "Checks", content: () => <ChecksTab /> },
  { value: "drift", title: "Drift and rejects", content: () => <DriftTab /> },
  { value: "mapping", title: "Catalogue mapping", content: () => <MappingTab /> },
  { value: "settling", title: "Settling time", content: () => <SettlingTab /> },
  { value: "quota", title: "Quota", content: () => <QuotaTab /> },
];

const DataHealth = () => (
  <PageFrame title="Data health" lead="Which days are loaded, which are missing, and how to collect them." scope={["marketplace", "period"]}>
    <Stack gap={4} minW={0}>
      <HealthTiles />
      <Tabs label="Parts of data health" tabs={TABS} />
    </Stack>
  </PageFrame>
);

export default DataHealth;
