WITH shipped AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    c.month_first AS month,
    s.amazon_order_id AS order_id,
    s.sku,
    SUM(COALESCE(s.quantity_shipped, 0)) AS units
  FROM __source__amazon_sp__dot__fulfilled_shipments__ AS s
  JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = s.marketplace_id
  JOIN __source__reference__dot__calendar__ AS c
    ON c.day = DATE(s.shipment_date, m.time_zone)
  GROUP BY
    s.account_id,
    s.marketplace_id,
    c.month_first,
    s.amazon_order_id,
    s.sku
), last_days AS (
  SELECT
    a.month_first AS month,
    MAX(b.day) AS last_day
  FROM __source__reference__dot__calendar__ AS a
  JOIN __source__reference__dot__calendar__ AS b
    ON b.day >= a.day AND (
      b.year - a.year
    ) * 12 + b.month - a.month <= 2
  WHERE
    a.day = a.month_first
  GROUP BY
    a.month_first
), returned AS (
  SELECT
    r.account_id,
    r.order_id,
    r.sku,
    DATE(r.return_date, 'UTC') AS day,
    SUM(COALESCE(r.quantity, 0)) AS units,
    SUM(
      CASE
        WHEN r.detailed_disposition = 'SELLABLE'
        THEN 0
        ELSE COALESCE(r.quantity, 0)
      END
    ) AS unsellable
  FROM __source__amazon_sp__dot__fba_customer_returns__ AS r
  GROUP BY
    r.account_id,
    r.order_id,
    r.sku,
    DATE(r.return_date, 'UTC')
), newest AS (
  SELECT
    r.account_id,
    MAX(DATE(r.reported_at, 'UTC')) AS day
  FROM __source__amazon_sp__dot__fba_customer_returns__ AS r
  GROUP BY
    r.account_id
), returned_orders AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.month,
    s.order_id,
    s.sku,
    SUM(r.units) AS units,
    SUM(r.unsellable) AS unsellable
  FROM shipped AS s
  JOIN last_days AS l
    ON l.month = s.month
  JOIN returned AS r
    ON r.account_id = s.account_id AND r.order_id = s.order_id AND r.sku = s.sku
  WHERE
    r.day >= s.month AND r.day <= l.last_day
  GROUP BY
    s.account_id,
    s.marketplace_id,
    s.month,
    s.order_id,
    s.sku
), summed AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.month,
    s.sku,
    SUM(s.units) AS units_shipped,
    SUM(COALESCE(r.units, 0)) AS units_returned,
    SUM(COALESCE(r.unsellable, 0)) AS unsellable
  FROM shipped AS s
  LEFT JOIN returned_orders AS r
    ON r.account_id = s.account_id
    AND r.marketplace_id = s.marketplace_id
    AND r.month = s.month
    AND r.order_id = s.order_id
    AND r.sku = s.sku
  GROUP BY
    s.account_id,
    s.marketplace_id,
    s.month,
    s.sku
)
SELECT
  s.account_id,
  s.marketplace_id,
  s.month,
  s.sku,
  s.units_shipped,
  s.units_returned,
  s.unsellable AS units_returned_unsellable,
  ROUND(
    CAST(CAST(CAST(s.units_returned AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(s.units_shipped, 0) AS BIGNUMERIC),
    6
  ) AS return_rate,
  CASE WHEN n.day >= l.last_day THEN 'complete' ELSE 'estimated' END AS status,
  '' AS missing
FROM summed AS s
JOIN last_days AS l
  ON l.month = s.month
LEFT JOIN newest AS n
  ON n.account_id = s.account_id
