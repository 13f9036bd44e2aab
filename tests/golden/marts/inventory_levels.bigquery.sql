WITH newest AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    MAX(s.day) AS day
  FROM __ref__stock_day__ AS s
  WHERE
    s.has_levels
  GROUP BY
    s.account_id,
    s.marketplace_id
), inbound AS (
  SELECT
    n.account_id,
    n.marketplace_id,
    s.sku,
    SUM(s.units_open) AS units,
    SUM(
      CASE
        WHEN s.expected_on <= CAST(n.day + INTERVAL '14' DAY AS DATE)
        THEN s.units_open
        ELSE 0
      END
    ) AS units_14,
    SUM(
      CASE
        WHEN s.expected_on <= CAST(n.day + INTERVAL '30' DAY AS DATE)
        THEN s.units_open
        ELSE 0
      END
    ) AS units_30,
    SUM(CASE WHEN s.expected_on IS NULL THEN s.units_open ELSE 0 END) AS undated,
    MIN(s.expected_on) AS next_expected_on
  FROM newest AS n
  JOIN __ref__fba_shipments__ AS s
    ON s.account_id = n.account_id AND s.marketplace_id = n.marketplace_id
  WHERE
    s.units_open > 0
  GROUP BY
    n.account_id,
    n.marketplace_id,
    s.sku
)
SELECT
  i.account_id,
  i.marketplace_id,
  i.sku,
  i.day,
  i.fnsku,
  i.asin,
  i.stock_pool,
  i.is_counted,
  i.snapshot_at,
  i.available,
  i.fc_transfer,
  i.fc_processing,
  i.reserved_customer_orders,
  i.reserved,
  i.inbound_working,
  i.inbound_shipped,
  i.inbound_receiving,
  i.unsellable,
  i.researching,
  i.total,
  i.awd_available,
  i.awd_reserved,
  i.awd_replenishing,
  i.awd_inbound,
  i.own_warehouse,
  i.on_order,
  COALESCE(b.units, 0) AS inbound_open,
  COALESCE(b.units_14, 0) AS inbound_14_days,
  COALESCE(b.units_30, 0) AS inbound_30_days,
  COALESCE(b.undated, 0) AS inbound_undated,
  b.next_expected_on,
  i.status,
  i.missing
FROM __ref__inventory_day__ AS i
JOIN newest AS n
  ON n.account_id = i.account_id
  AND n.marketplace_id = i.marketplace_id
  AND n.day = i.day
LEFT JOIN inbound AS b
  ON b.account_id = i.account_id
  AND b.marketplace_id = i.marketplace_id
  AND b.sku = i.sku
