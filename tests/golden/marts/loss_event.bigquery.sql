WITH losses AS (
  /* Amazon's codes: M misplaced, E and 6 damaged in the warehouse, 5 unrecoverable. */
  SELECT
    l.account_id,
    COALESCE(m.id, '') AS marketplace_id,
    l.date AS day,
    CASE WHEN l.reason IN ('M', '5') THEN 'lost' ELSE 'damaged' END AS kind,
    COALESCE(l.msku, '') AS sku,
    COALESCE(l.fnsku, '') AS fnsku,
    COALESCE(m.currency, '') AS currency,
    -l.quantity AS quantity,
    COALESCE(l.reconciled_quantity, 0) AS reconciled
  FROM __source__amazon_sp__dot__inventory_ledger_detail__ AS l
  LEFT JOIN __source__reference__dot__marketplace__ AS m
    ON m.code = CASE WHEN l.country = 'UK' THEN 'GB' ELSE l.country END
  WHERE
    l.event_type = 'Adjustments'
    AND l.reason IN ('M', '5', 'E', '6')
    AND l.quantity < 0
), shipped AS (
  SELECT
    i.account_id,
    i.transaction_id,
    i.sku,
    SUM(i.quantity_shipped) AS units
  FROM __source__amazon_sp__dot__transaction_items__ AS i
  WHERE
    i.fulfillment_network = 'AFN'
  GROUP BY
    i.account_id,
    i.transaction_id,
    i.sku
), refunds AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    t.day,
    t.order_id,
    t.sku,
    t.currency,
    t.transaction_id,
    SUM(t.amount) AS amount
  FROM __ref__transaction_line__ AS t
  WHERE
    t.transaction_type = 'Refund'
    AND t.is_counted
    AND t.level = 'CM1'
    AND t.order_id <> ''
    AND t.sku <> ''
  GROUP BY
    t.account_id,
    t.marketplace_id,
    t.day,
    t.order_id,
    t.sku,
    t.currency,
    t.transaction_id
)
SELECT
  l.account_id,
  l.marketplace_id,
  l.day,
  l.kind,
  '' AS reference,
  l.sku,
  MIN(l.fnsku) AS fnsku,
  l.currency,
  SUM(l.quantity) AS quantity,
  CASE WHEN l.kind = 'lost' THEN SUM(l.reconciled) ELSE 0 END AS reconciled,
  0 AS amount
FROM losses AS l
GROUP BY
  l.account_id,
  l.marketplace_id,
  l.day,
  l.kind,
  l.sku,
  l.currency
UNION ALL
SELECT
  r.account_id,
  r.marketplace_id,
  r.day,
  'refunded' AS kind,
  r.order_id AS reference,
  r.sku,
  '' AS fnsku,
  r.currency,
  SUM(s.units) AS quantity,
  0 AS reconciled,
  SUM(r.amount) AS amount
FROM refunds AS r
INNER JOIN shipped AS s
  ON s.account_id = r.account_id
  AND s.transaction_id = r.transaction_id
  AND s.sku = r.sku
GROUP BY
  r.account_id,
  r.marketplace_id,
  r.day,
  r.order_id,
  r.sku,
  r.currency
