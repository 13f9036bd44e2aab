SELECT
  t.account_id,
  t.marketplace_id,
  t.day,
  t.order_id,
  t.sku,
  t.pl_line,
  t.level,
  t.currency,
  SUM(t.amount) AS amount
FROM __ref__transaction_line__ AS t
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
  t.currency
