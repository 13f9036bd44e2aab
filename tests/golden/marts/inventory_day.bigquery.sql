WITH snapshots AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    DATE(t.snapshot_at, m.time_zone) AS day,
    t.snapshot_at,
    1 AS source,
    t.seller_sku AS sku,
    t.fn_sku AS fnsku,
    t.asin,
    t.fulfillable_quantity AS available,
    t.pending_transshipment_quantity AS fc_transfer,
    t.fc_processing_quantity AS fc_processing,
    t.pending_customer_order_quantity AS reserved_customer_orders,
    t.total_reserved_quantity AS reserved,
    t.inbound_working_quantity AS inbound_working,
    t.inbound_shipped_quantity AS inbound_shipped,
    t.inbound_receiving_quantity AS inbound_receiving,
    t.total_unfulfillable_quantity AS unsellable,
    t.total_researching_quantity AS researching,
    t.total_quantity AS total
  FROM __source__amazon_sp__dot__fba_inventory_summaries__ AS t
  JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = t.marketplace_id
  UNION ALL
  SELECT
    t.account_id,
    t.marketplace_id,
    DATE(t.snapshot_at, m.time_zone),
    t.snapshot_at,
    2,
    t.sku,
    t.fnsku,
    t.asin,
    t.afn_fulfillable_quantity,
    t.afn_fc_transfer_quantity,
    NULL,
    NULL,
    t.afn_reserved_quantity,
    t.afn_inbound_working_quantity,
    t.afn_inbound_shipped_quantity,
    t.afn_inbound_receiving_quantity,
    t.afn_unsellable_quantity,
    t.afn_researching_quantity,
    t.afn_total_quantity
  FROM __source__amazon_sp__dot__fba_manage_inventory__ AS t
  JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = t.marketplace_id
), taken AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.source,
    MAX(s.snapshot_at) AS snapshot_at
  FROM snapshots AS s
  GROUP BY
    s.account_id,
    s.marketplace_id,
    s.day,
    s.source
), chosen AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    t.day,
    t.source,
    t.snapshot_at,
    ROW_NUMBER() OVER (PARTITION BY t.account_id, t.marketplace_id, t.day ORDER BY t.source) AS place
  FROM taken AS t
), countries AS (
  SELECT
    m.code,
    m.id
  FROM __source__reference__dot__marketplace__ AS m
), parts AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.fnsku,
    s.asin,
    s.snapshot_at,
    s.available,
    s.fc_transfer,
    s.fc_processing,
    s.reserved_customer_orders,
    s.reserved,
    s.inbound_working,
    s.inbound_shipped,
    s.inbound_receiving,
    s.unsellable,
    s.researching,
    s.total,
    CAST(NULL AS INT64) AS ledger_sellable,
    CAST(NULL AS INT64) AS ledger_unsellable,
    CAST(NULL AS INT64) AS ledger_in_transit,
    CAST(NULL AS INT64) AS ledger_received,
    CAST(NULL AS INT64) AS ledger_shipped,
    CAST(NULL AS INT64) AS ledger_returned,
    CAST(NULL AS INT64) AS ledger_lost,
    CAST(NULL AS INT64) AS ledger_damaged,
    CAST(NULL AS INT64) AS awd_available,
    CAST(NULL AS INT64) AS awd_reserved,
    CAST(NULL AS INT64) AS awd_replenishing,
    CAST(NULL AS INT64) AS awd_inbound,
    CAST(NULL AS INT64) AS own_warehouse,
    CAST(NULL AS INT64) AS on_order
  FROM snapshots AS s
  JOIN chosen AS c
    ON c.account_id = s.account_id
    AND c.marketplace_id = s.marketplace_id
    AND c.day = s.day
    AND c.source = s.source
    AND c.snapshot_at = s.snapshot_at
    AND c.place = 1
  UNION ALL
  SELECT
    l.account_id,
    COALESCE(c.id, ''),
    l.date,
    l.msku,
    l.fnsku,
    l.asin,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    CASE
      WHEN l.disposition = 'SELLABLE'
      THEN COALESCE(l.ending_warehouse_balance, 0)
      ELSE 0
    END,
    CASE
      WHEN l.disposition = 'SELLABLE'
      THEN 0
      ELSE COALESCE(l.ending_warehouse_balance, 0)
    END,
    COALESCE(l.in_transit_between_warehouses, 0),
    COALESCE(l.receipts, 0),
    -COALESCE(l.customer_shipments, 0),
    COALESCE(l.customer_returns, 0),
    -COALESCE(l.lost, 0) - COALESCE(l.found, 0),
    COALESCE(l.damaged, 0),
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
  FROM __source__amazon_sp__dot__inventory_ledger_summary__ AS l
  LEFT JOIN countries AS c
    ON c.code = l.location
), awd_taken AS (
  SELECT
    a.account_id,
    DATE(a.snapshot_at, 'UTC') AS day,
    MAX(a.snapshot_at) AS snapshot_at
  FROM __source__amazon_sp__dot__awd_inventory__ AS a
  GROUP BY
    a.account_id,
    DATE(a.snapshot_at, 'UTC')
), days AS (
  SELECT
    p.account_id,
    p.day
  FROM parts AS p
  GROUP BY
    p.account_id,
    p.day
), everywhere AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.day,
    p.sku,
    p.fnsku,
    p.asin,
    p.snapshot_at,
    p.available,
    p.fc_transfer,
    p.fc_processing,
    p.reserved_customer_orders,
    p.reserved,
    p.inbound_working,
    p.inbound_shipped,
    p.inbound_receiving,
    p.unsellable,
    p.researching,
    p.total,
    p.ledger_sellable,
    p.ledger_unsellable,
    p.ledger_in_transit,
    p.ledger_received,
    p.ledger_shipped,
    p.ledger_returned,
    p.ledger_lost,
    p.ledger_damaged,
    p.awd_available,
    p.awd_reserved,
    p.awd_replenishing,
    p.awd_inbound,
    p.own_warehouse,
    p.on_order
  FROM parts AS p
  UNION ALL
  SELECT
    a.account_id,
    '',
    t.day,
    a.sku,
    NULL,
    NULL,
    a.snapshot_at,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    a.available_distributable_quantity,
    a.reserved_distributable_quantity,
    a.replenishment_quantity,
    a.total_inbound_quantity,
    NULL,
    NULL
  FROM __source__amazon_sp__dot__awd_inventory__ AS a
  JOIN awd_taken AS t
    ON t.account_id = a.account_id AND t.snapshot_at = a.snapshot_at
  UNION ALL
  SELECT
    e.account_id,
    '',
    d.day,
    e.sku,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    CASE WHEN e.kind = 'warehouse' THEN e.quantity END,
    CASE WHEN e.kind <> 'warehouse' THEN e.quantity END
  FROM __source__reference__dot__stock_elsewhere__ AS e
  JOIN days AS d
    ON d.account_id = e.account_id
    AND d.day >= e.valid_from
    AND d.day <= COALESCE(e.valid_to, d.day)
), summed AS (
  SELECT
    e.account_id,
    e.marketplace_id,
    e.day,
    e.sku,
    MAX(e.fnsku) AS fnsku,
    MAX(e.asin) AS asin,
    MAX(e.snapshot_at) AS snapshot_at,
    SUM(e.available) AS available,
    SUM(e.fc_transfer) AS fc_transfer,
    SUM(e.fc_processing) AS fc_processing,
    SUM(e.reserved_customer_orders) AS reserved_customer_orders,
    SUM(e.reserved) AS reserved,
    SUM(e.inbound_working) AS inbound_working,
    SUM(e.inbound_shipped) AS inbound_shipped,
    SUM(e.inbound_receiving) AS inbound_receiving,
    SUM(e.unsellable) AS unsellable,
    SUM(e.researching) AS researching,
    SUM(e.total) AS total,
    SUM(e.ledger_sellable) AS ledger_sellable,
    SUM(e.ledger_unsellable) AS ledger_unsellable,
    SUM(e.ledger_in_transit) AS ledger_in_transit,
    SUM(e.ledger_received) AS ledger_received,
    SUM(e.ledger_shipped) AS ledger_shipped,
    SUM(e.ledger_returned) AS ledger_returned,
    SUM(e.ledger_lost) AS ledger_lost,
    SUM(e.ledger_damaged) AS ledger_damaged,
    SUM(e.awd_available) AS awd_available,
    SUM(e.awd_reserved) AS awd_reserved,
    SUM(e.awd_replenishing) AS awd_replenishing,
    SUM(e.awd_inbound) AS awd_inbound,
    SUM(e.own_warehouse) AS own_warehouse,
    SUM(e.on_order) AS on_order
  FROM everywhere AS e
  WHERE
    e.sku IS NOT NULL AND e.sku <> ''
  GROUP BY
    e.account_id,
    e.marketplace_id,
    e.day,
    e.sku
), ledger_days AS (
  SELECT
    l.account_id,
    l.date AS day
  FROM __source__amazon_sp__dot__inventory_ledger_summary__ AS l
  GROUP BY
    l.account_id,
    l.date
), pooled AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.fnsku,
    s.asin,
    COALESCE(p.stock_pool, s.marketplace_id) AS stock_pool,
    s.snapshot_at,
    s.available,
    s.fc_transfer,
    s.fc_processing,
    s.reserved_customer_orders,
    s.reserved,
    s.inbound_working,
    s.inbound_shipped,
    s.inbound_receiving,
    s.unsellable,
    s.researching,
    s.total,
    s.ledger_sellable,
    s.ledger_unsellable,
    s.ledger_in_transit,
    s.ledger_received,
    s.ledger_shipped,
    s.ledger_returned,
    s.ledger_lost,
    s.ledger_damaged,
    s.awd_available,
    s.awd_reserved,
    s.awd_replenishing,
    s.awd_inbound,
    s.own_warehouse,
    s.on_order,
    c.day IS NOT NULL AS has_snapshot,
    l.day IS NOT NULL AS has_ledger
  FROM summed AS s
  LEFT JOIN __source__reference__dot__stock_pool__ AS p
    ON p.marketplace_id = s.marketplace_id
  LEFT JOIN chosen AS c
    ON c.account_id = s.account_id
    AND c.marketplace_id = s.marketplace_id
    AND c.day = s.day
    AND c.place = 1
  LEFT JOIN ledger_days AS l
    ON l.account_id = s.account_id AND l.day = s.day
)
SELECT
  p.account_id,
  p.marketplace_id,
  p.day,
  p.sku,
  p.fnsku,
  p.asin,
  p.stock_pool,
  ROW_NUMBER() OVER (
    PARTITION BY p.account_id, p.stock_pool, p.day, p.sku
    ORDER BY COALESCE(p.total, -1) DESC, p.marketplace_id
  ) = 1 AS is_counted,
  p.snapshot_at,
  p.available,
  p.fc_transfer,
  p.fc_processing,
  p.reserved_customer_orders,
  p.reserved,
  p.inbound_working,
  p.inbound_shipped,
  p.inbound_receiving,
  p.unsellable,
  p.researching,
  p.total,
  p.ledger_sellable,
  p.ledger_unsellable,
  p.ledger_in_transit,
  p.ledger_received,
  p.ledger_shipped,
  p.ledger_returned,
  p.ledger_lost,
  p.ledger_damaged,
  COALESCE(p.available, p.ledger_sellable) AS sellable,
  p.awd_available,
  p.awd_reserved,
  p.awd_replenishing,
  p.awd_inbound,
  p.own_warehouse,
  p.on_order,
  CASE
    WHEN p.marketplace_id = '' OR p.has_snapshot
    THEN 'complete'
    ELSE 'estimated'
  END AS status,
  LTRIM(
    CASE WHEN p.has_ledger THEN '' ELSE ', ledger' END || CASE WHEN p.marketplace_id = '' OR p.has_snapshot THEN '' ELSE ', snapshot' END,
    ', '
  ) AS missing
FROM pooled AS p
