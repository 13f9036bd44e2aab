SELECT
  a.account_id,
  a.marketplace_id,
  DATE(a.purchase_date, m.time_zone) AS day,
  a.amazon_order_id AS order_id
FROM __source__amazon_sp__dot__all_orders__ AS a
INNER JOIN __source__reference__dot__marketplace__ AS m
  ON m.id = a.marketplace_id
WHERE
  a.purchase_date IS NOT NULL
GROUP BY
  a.account_id,
  a.marketplace_id,
  DATE(a.purchase_date, m.time_zone),
  a.amazon_order_id
