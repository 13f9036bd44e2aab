import { Stack } from "@chakra-ui/react";

import { PageFrame, Tabs } from "../../components";
import { AdsDays } from "./AdsDays";
import { AdsTable } from "./AdsTable";
import { AdsTiles } from "./AdsTiles";
import { AdsDefinitions } from "./AdsDefinitions";
import { Queries } from "./Queries";

const TABS = [
  {
    value: "overview",
    title: "Overview",
    content: () => (
      <Stack gap={4} pt={2}>
        <AdsTiles />
        <AdsDays />
        <AdsTable by="marketplace" />
        <AdsTable by="ad_product" />
        <AdsDefinitions />
      </Stack>
    ),
  },
  {
    value: "campaigns",
    title: "Campaigns",
    content: () => (
      <Stack gap={4} pt={2}>
        <AdsTable by="campaign" />
        <AdsDefinitions />
      </Stack>
    ),
  },
  { value: "queries", title: "Search queries", content: () => <Queries /> },
] as const;

const Ads = () => (
  <PageFrame title="Ads" scope="all" lead="What advertising cost, what it sold, and where it costs more than a sale earns.">
    <Tabs name="view" label="Views of advertising" tabs={TABS} />
  </PageFrame>
);

export default Ads;
