SELECT
  t.account_id,
  t.marketplace_id,
  t.day,
  t.order_id,
  t.sku,
  t.pl_line,
  t.level,
  t.currency,
  o.order_marketplace_id,
  o.order_day,
  SUM(t.amount) AS amount
FROM __ref__transaction_line__ AS t
LEFT JOIN __ref__posting_order__ AS o
  ON o.account_id = t.account_id
  AND o.marketplace_id = t.marketplace_id
  AND o.day = t.day
  AND o.order_id = t.order_id
WHERE
  t.is_counted AND t.transaction_type = 'Refund' AND t.order_id <> ''
GROUP BY
  t.account_id,
  t.marketplace_id,
  t.day,
  t.order_id,
  t.sku,
  t.pl_line,
  t.level,
  t.currency,
  o.order_marketplace_id,
  o.order_day
