import { Loaded, LoadingState, Moment, Tile, Tiles, useApi, useHubContext, useScope } from "../../components";

/** Alerts by state, and the money at stake. */
export const AlertTiles = () => {
  const { query } = useScope();
  const sees = useHubContext().data?.user.sees_costs ?? false;
  const result = useApi("/api/alerts/tiles", { query });
  return (
    <Loaded result={result} loading={<LoadingState lines={2} height="16" />}>
      {(data) => (
        <Tiles>
          <Tile label="Open" kind="units" value={data.open} to="alerts" params={{ state: "open" }} note={data.evaluated_at ? <>evaluated <Moment value={data.evaluated_at} /></> : "never evaluated"} />
          <Tile label="Urgent" kind="units" value={data.urgent} to="alerts" params={{ state: "open", severity: "urgent" }} note="of the open ones" />
          {(sees ? data.money : []).map((each) => (
            <Tile
              key={each.currency} label={data.money.length > 1 ? `At stake per day, ${each.currency}` : "At stake per day"} kind="money" value={each.money} currency={each.currency}
              status={data.unknown > 0 ? "incomplete" : "complete"} to="alerts" params={{ state: "open" }}
              note={`of ${each.alerts} open alerts${data.unknown > 0 ? `; ${data.unknown} others have no amount` : ""}`}
            />
          ))}
          <Tile label="Acknowledged" kind="units" value={data.acknowledged} to="alerts" params={{ state: "acknowledged" }} />
          <Tile label="Snoozed" kind="units" value={data.snoozed} to="alerts" params={{ state: "snoozed" }} />
          {data.failing > 0 && <Tile label="Could not be evaluated" kind="units" value={data.failing} to="alerts" params={{ tab: "settings" }} note="see Settings for the reason" />}
        </Tiles>
      )}
    </Loaded>
  );
};
