import { Loaded, LoadingState, Tile, Tiles, useApi, useScope } from "../../components";

/** What needs attention, counted; each tile opens its rows. */
export const HealthTiles = () => {
  const { query } = useScope();
  const tiles = useApi("/api/health/tiles", { query });
  const calendar = useApi("/api/health/calendar", { query: { ...query, limit: 1 } });
  const days = calendar.data?.totals;
  return (
    <Loaded result={tiles} loading={<LoadingState lines={2} height="16" />}>
      {(data) => (
        <Tiles>
          <Tile label="Missing days" kind="units" value={days?.missing} to="health" params={{ state: "missing" }} note={days && calendar.data && calendar.data.days.length >= 100 ? "of the last 100 days" : "of all reports and marketplaces"} />
          <Tile label="Failed days" kind="units" value={days?.failed} to="health" params={{ state: "failed" }} />
          <Tile label="Waiting for your decision" kind="units" value={data.quarantined} to="health" params={{ tab: "quarantine" }} note="quarantined documents" />
          <Tile label="Behind schedule" kind="units" value={data.behind} to="health" params={{ tab: "freshness", behind: "yes" }} note="reports by marketplace" />
          <Tile label="Figures that disagree" kind="units" value={data.checks_off} to="health" params={{ tab: "checks", verdict: "off" }} note="reconciliation checks" />
          <Tile label="Rejected rows" kind="units" value={data.rejected_rows} to="health" params={{ tab: "drift" }} note={data.rejecting_loads === 1 ? "in 1 load" : `in ${data.rejecting_loads} loads`} />
        </Tiles>
      )}
    </Loaded>
  );
};
