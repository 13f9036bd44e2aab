WITH orders AS (
  SELECT
    d.account_id,
    d.marketplace_id,
    d.order_id,
    MIN(d.day) AS day
  FROM __ref__order_day__ AS d
  GROUP BY
    d.account_id,
    d.marketplace_id,
    d.order_id
)
SELECT
  r.account_id,
  o.marketplace_id,
  DATE(r.return_date, m.time_zone) AS day,
  COALESCE(r.sku, '') AS sku,
  m.currency,
  SUM(COALESCE(r.quantity, 0)) AS units
FROM __source__amazon_sp__dot__fba_customer_returns__ AS r
INNER JOIN orders AS o
  ON o.account_id = r.account_id AND o.order_id = r.order_id
INNER JOIN __source__reference__dot__marketplace__ AS m
  ON m.id = o.marketplace_id
WHERE
  r.detailed_disposition = 'SELLABLE'
  AND DATE(r.return_date, m.time_zone) BETWEEN o.day AND o.day + INTERVAL '120' DAY
GROUP BY
  r.account_id,
  o.marketplace_id,
  DATE(r.return_date, m.time_zone),
  COALESCE(r.sku, ''),
  m.currency
