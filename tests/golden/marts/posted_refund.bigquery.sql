WITH orders AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.day,
    p.order_id,
    MIN(o.marketplace_id) AS order_marketplace_id,
    MIN(o.day) AS order_day
  FROM (
    SELECT
      t.account_id,
      t.marketplace_id,
      t.day,
      t.order_id
    FROM __ref__transaction_line__ AS t
    WHERE
      t.is_counted AND t.transaction_type = 'Refund' AND t.order_id <> ''
    GROUP BY
      t.account_id,
      t.marketplace_id,
      t.day,
      t.order_id
  ) AS p
  INNER JOIN __ref__order_day__ AS o
    ON o.account_id = p.account_id
    AND o.order_id = p.order_id
    AND (
      p.marketplace_id = '' OR p.marketplace_id = o.marketplace_id
    )
    AND p.day BETWEEN o.day - INTERVAL '1' DAY AND o.day + INTERVAL '120' DAY
  GROUP BY
    p.account_id,
    p.marketplace_id,
    p.day,
    p.order_id
  HAVING
    MIN(o.marketplace_id) = MAX(o.marketplace_id)
)
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
LEFT JOIN orders AS o
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
