WITH months AS (
  SELECT
    c.month_first AS day,
    COUNT(*) AS days
  FROM __source__reference__dot__calendar__ AS c
  GROUP BY
    c.month_first
), known /* The older of two headers names no SKU: then the one that was seen with the FNSKU in the weeks before. */ AS (
  SELECT
    f.account_id,
    f.day,
    f.fnsku,
    CASE WHEN COUNT(DISTINCT s.sku) = 1 THEN MIN(s.sku) END AS sku
  FROM (
    SELECT
      t.account_id,
      t.month AS day,
      t.fnsku
    FROM __source__amazon_sp__dot__storage_fees__ AS t
    WHERE
      t.sku IS NULL
    GROUP BY
      t.account_id,
      t.month,
      t.fnsku
  ) AS f
  INNER JOIN __ref__product_seen__ AS s
    ON s.account_id = f.account_id
    AND s.fnsku = f.fnsku
    AND s.week_monday BETWEEN f.day - INTERVAL '42' DAY AND f.day
  GROUP BY
    f.account_id,
    f.day,
    f.fnsku
), fees AS (
  SELECT
    t.account_id,
    t.country_code AS country,
    t.month AS day,
    COALESCE(NULLIF(t.sku, ''), k.sku, '') AS sku,
    t.currency,
    -COALESCE(t.estimated_monthly_storage_fee, t.est_base_msf + COALESCE(t.est_sus, 0)) AS monthly,
    NULL AS aged
  FROM __source__amazon_sp__dot__storage_fees__ AS t
  LEFT JOIN known AS k
    ON k.account_id = t.account_id AND k.day = t.month AND k.fnsku = t.fnsku
  UNION ALL
  SELECT
    t.account_id,
    t.country,
    c.month_first AS day,
    t.sku,
    t.currency,
    NULL AS monthly,
    -t.amount_charged AS aged
  FROM __source__amazon_sp__dot__long_term_storage_fees__ AS t
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day = t.snapshot_date
)
SELECT
  f.account_id,
  COALESCE(m.id, '') AS marketplace_id,
  f.day,
  f.sku,
  MAX(f.currency) AS currency,
  SUM(f.monthly) AS monthly,
  SUM(f.aged) AS aged,
  MAX(d.days) AS days,
  CASE WHEN f.sku = '' THEN 'incomplete' ELSE 'complete' END AS status,
  CASE WHEN f.sku = '' THEN 'mapping' ELSE '' END AS missing
FROM fees AS f
INNER JOIN months AS d
  ON d.day = f.day
LEFT JOIN __source__reference__dot__marketplace__ AS m
  ON m.code = CASE WHEN f.country = 'UK' THEN 'GB' ELSE f.country END
GROUP BY
  f.account_id,
  COALESCE(m.id, ''),
  f.day,
  f.sku
