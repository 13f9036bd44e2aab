WITH summed AS (
  SELECT
    i.account_id,
    i.marketplace_id,
    i.day,
    COUNT(*) AS skus,
    SUM(CASE WHEN i.snapshot_at IS NOT NULL THEN 1 ELSE 0 END) AS in_snapshot,
    SUM(
      CASE WHEN i.own_warehouse IS NOT NULL OR i.on_order IS NOT NULL THEN 1 ELSE 0 END
    ) AS own,
    SUM(CASE WHEN i.available > 0 THEN 1 ELSE 0 END) AS skus_available,
    SUM(i.available) AS available,
    SUM(
      COALESCE(i.inbound_working, 0) + COALESCE(i.inbound_shipped, 0) + COALESCE(i.inbound_receiving, 0)
    ) AS inbound,
    SUM(i.unsellable) AS unsellable,
    SUM(i.total) AS total,
    SUM(i.ledger_sellable) AS ledger_sellable,
    SUM(CASE WHEN i.status = 'estimated' THEN 1 ELSE 0 END) AS estimated,
    MAX(i.missing) AS missing
  FROM __ref__inventory_day__ AS i
  GROUP BY
    i.account_id,
    i.marketplace_id,
    i.day
)
SELECT
  s.account_id,
  s.marketplace_id,
  s.day,
  s.in_snapshot > 0 OR (
    s.marketplace_id = '' AND s.own > 0
  ) AS has_levels,
  s.skus,
  CASE WHEN s.in_snapshot > 0 THEN s.skus_available END AS skus_available,
  s.available,
  CASE WHEN s.in_snapshot > 0 THEN s.inbound END AS inbound,
  s.unsellable,
  s.total,
  s.ledger_sellable,
  CASE WHEN s.estimated > 0 THEN 'estimated' ELSE 'complete' END AS status,
  s.missing
FROM summed AS s
