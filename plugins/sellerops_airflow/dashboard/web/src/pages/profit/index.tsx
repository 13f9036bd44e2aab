import { Stack } from "@chakra-ui/react";

import { PageFrame, Tabs } from "../../components";
import { Advice } from "./Advice";
import { BridgeView } from "./BridgeView";
import { DaysChart } from "./DaysChart";
import { DifferencesView } from "./DifferencesView";
import { LinesTable } from "./LinesTable";
import { Methods } from "./Methods";
import { Payouts } from "./Payouts";
import { Settlements } from "./Settlements";
import { SkusView } from "./SkusView";
import { SummaryTiles } from "./SummaryTiles";
import { UnmappedView } from "./UnmappedView";
import type { View } from "./views";

const ViewOf = ({ view }: { view: View }) => (
  <Stack gap={4} pt={2}>
    <SummaryTiles view={view} />
    <Advice view={view} />
    <DaysChart view={view} />
    {view === "payment" && <Payouts />}
    <LinesTable view={view} />
    {view === "payment" && <Settlements />}
    <Methods view={view} />
  </Stack>
);

const TABS = [
  { value: "order", title: "Order view", content: () => <ViewOf view="order" /> },
  { value: "payment", title: "Payment view", content: () => <ViewOf view="payment" /> },
  { value: "bridge", title: "Bridge", content: () => <BridgeView /> },
  { value: "differences", title: "Why it differs", content: () => <DifferencesView /> },
  { value: "skus", title: "By SKU", content: () => <SkusView /> },
  { value: "unmapped", title: "Unmapped", content: () => <UnmappedView /> },
] as const;

const Profit = () => (
  <PageFrame
    title="Profit" scope="all"
    lead="What you earned on the orders of each day, what Amazon paid, and how one leads to the other."
  >
    <Tabs name="view" label="Views of profit" tabs={TABS} />
  </PageFrame>
);

export default Profit;
