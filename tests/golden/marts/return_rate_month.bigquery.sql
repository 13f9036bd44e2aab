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
), previews AS (
  SELECT
    f.account_id,
    f.marketplace_id,
    c.month_first AS month,
    f.sku,
    f.product_group,
    ROW_NUMBER() OVER (
      PARTITION BY f.account_id, f.marketplace_id, c.month_first, f.sku
      ORDER BY f.snapshot_at DESC
    ) AS place
  FROM __source__amazon_sp__dot__fee_preview__ AS f
  JOIN __source__reference__dot__calendar__ AS c
    ON c.day = DATE(f.snapshot_at, 'UTC')
  WHERE
    f.product_group IS NOT NULL
), judged AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.month,
    s.sku,
    s.units_shipped,
    s.units_returned,
    s.unsellable,
    l.last_day,
    LOWER(COALESCE(g.product_group, p.product_group)) AS category
  FROM summed AS s
  JOIN last_days AS l
    ON l.month = s.month
  LEFT JOIN __source__reference__dot__product_mapping__ AS g
    ON g.account_id = s.account_id AND g.sku = s.sku
  LEFT JOIN previews AS p
    ON p.account_id = s.account_id
    AND p.marketplace_id = s.marketplace_id
    AND p.month = s.month
    AND p.sku = s.sku
    AND p.place = 1
), rules AS (
  SELECT
    j.account_id,
    j.marketplace_id,
    j.month,
    j.sku,
    MAX(
      CASE
        WHEN r.rule = 'returns_threshold'
        THEN ROUND(CAST(CAST(r.amount AS BIGNUMERIC) / CAST('100.0' AS BIGNUMERIC) AS BIGNUMERIC), 6)
      END
    ) AS threshold,
    MAX(CASE WHEN r.rule = 'returns_exempt_units' THEN r.amount END) AS exempt_units
  FROM judged AS j
  JOIN __source__reference__dot__fee_rule__ AS r
    ON r.marketplace_id = j.marketplace_id
    AND r.valid_from <= j.month
    AND COALESCE(r.valid_to, j.month) >= j.month
  WHERE
    r.rule = 'returns_exempt_units'
    OR (
      r.rule = 'returns_threshold' AND r.category = j.category
    )
  GROUP BY
    j.account_id,
    j.marketplace_id,
    j.month,
    j.sku
)
SELECT
  j.account_id,
  j.marketplace_id,
  j.month,
  j.sku,
  j.units_shipped,
  j.units_returned,
  j.unsellable AS units_returned_unsellable,
  ROUND(
    CAST(CAST(CAST(j.units_returned AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(j.units_shipped, 0) AS BIGNUMERIC),
    6
  ) AS return_rate,
  j.category,
  r.threshold,
  CASE
    WHEN r.threshold IS NULL
    THEN NULL
    WHEN j.units_shipped < COALESCE(r.exempt_units, 0)
    THEN 0
    WHEN j.units_returned > r.threshold * j.units_shipped
    THEN j.units_returned - r.threshold * j.units_shipped
    ELSE 0
  END AS units_above_threshold,
  CASE WHEN n.day >= j.last_day THEN 'complete' ELSE 'estimated' END AS status,
  CASE WHEN r.threshold IS NULL THEN 'threshold' ELSE '' END AS missing
FROM judged AS j
LEFT JOIN rules AS r
  ON r.account_id = j.account_id
  AND r.marketplace_id = j.marketplace_id
  AND r.month = j.month
  AND r.sku = j.sku
LEFT JOIN newest AS n
  ON n.account_id = j.account_id
