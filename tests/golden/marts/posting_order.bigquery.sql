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
    t.is_counted AND t.transaction_type IN ('Shipment', 'Refund') AND t.order_id <> ''
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
