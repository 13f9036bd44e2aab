SELECT
  r.account_id,
  r.order_marketplace_id AS marketplace_id,
  r.order_day AS day,
  r.sku,
  r.pl_line,
  r.level,
  r.currency,
  SUM(r.amount) AS amount
FROM __ref__posted_refund__ AS r
WHERE
  r.order_day IS NOT NULL
GROUP BY
  r.account_id,
  r.order_marketplace_id,
  r.order_day,
  r.sku,
  r.pl_line,
  r.level,
  r.currency
