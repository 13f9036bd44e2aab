-- description: >-
--   Stock of each marketplace and day in total, and whether there was a snapshot that day. In a stock pool every
--   marketplace shows the whole pool: do not add them up, use rows with `is_counted` of inventory_day.
-- group: daily
-- grain: [account_id, marketplace_id, day]
-- inputs:
--   inventory_day: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: stock of no marketplace."}
--   day: {type: date, description: "Day, as in inventory_day."}
--   has_levels: {type: boolean, description: "Positions are known: there was a snapshot, or it is stock that you count yourself."}
--   skus: {type: integer, unit: SKUs, description: "SKUs with a row."}
--   skus_available: {type: integer, unit: SKUs, description: "SKUs with units that can be sold now; null without a snapshot."}
--   available: {type: integer, unit: units, description: "Sellable now; null without a snapshot."}
--   inbound: {type: integer, unit: units, description: "In shipments: working, shipped and receiving."}
--   unsellable: {type: integer, unit: units, description: "Damaged, defective or expired."}
--   total: {type: integer, unit: units, description: "All units, as Amazon adds them up."}
--   ledger_sellable: {type: integer, unit: units, description: "Sellable units by the inventory ledger; null: no ledger of that day."}
--   status: {type: text, description: "complete or estimated, as in inventory_day."}
--   missing: {type: text, description: "ledger, snapshot: as in inventory_day."}
WITH summed AS (
    SELECT i.account_id, i.marketplace_id, i.day, COUNT(*) AS skus,
           SUM(CASE WHEN i.snapshot_at IS NOT NULL THEN 1 ELSE 0 END) AS in_snapshot,
           SUM(CASE WHEN i.own_warehouse IS NOT NULL OR i.on_order IS NOT NULL THEN 1 ELSE 0 END) AS own,
           SUM(CASE WHEN i.available > 0 THEN 1 ELSE 0 END) AS skus_available, SUM(i.available) AS available,
           SUM(COALESCE(i.inbound_working, 0) + COALESCE(i.inbound_shipped, 0) + COALESCE(i.inbound_receiving, 0)) AS inbound,
           SUM(i.unsellable) AS unsellable, SUM(i.total) AS total, SUM(i.ledger_sellable) AS ledger_sellable,
           SUM(CASE WHEN i.status = 'estimated' THEN 1 ELSE 0 END) AS estimated, MAX(i.missing) AS missing
    FROM {{ ref('inventory_day') }} AS i
    GROUP BY i.account_id, i.marketplace_id, i.day
)
SELECT s.account_id, s.marketplace_id, s.day, s.in_snapshot > 0 OR (s.marketplace_id = '' AND s.own > 0) AS has_levels,
       s.skus, CASE WHEN s.in_snapshot > 0 THEN s.skus_available END AS skus_available, s.available,
       CASE WHEN s.in_snapshot > 0 THEN s.inbound END AS inbound, s.unsellable, s.total, s.ledger_sellable,
       CASE WHEN s.estimated > 0 THEN 'estimated' ELSE 'complete' END AS status, s.missing
FROM summed AS s
