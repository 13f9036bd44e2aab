WITH parts AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.currency,
    s.sales_ordered,
    0 AS spend,
    0 AS ad_sales,
    CASE WHEN s.sales_ordered IS NULL THEN 1 ELSE 0 END AS lacks_sales,
    CASE WHEN s.status = 'estimated' THEN 1 ELSE 0 END AS unsettled
  FROM __ref__sales_day__ AS s
  UNION ALL
  SELECT
    a.account_id,
    a.marketplace_id,
    a.day,
    a.sku,
    a.currency,
    0,
    COALESCE(a.spend, 0),
    COALESCE(a.ad_sales, 0),
    0,
    CASE WHEN a.status = 'estimated' THEN 1 ELSE 0 END
  FROM __ref__ads_day__ AS a
), summed AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.day,
    p.sku,
    MAX(p.currency) AS currency,
    SUM(p.sales_ordered) AS sales_ordered,
    SUM(p.spend) AS spend,
    SUM(p.ad_sales) AS ad_sales,
    SUM(p.lacks_sales) AS lacks_sales,
    SUM(p.unsettled) AS unsettled
  FROM parts AS p
  GROUP BY
    p.account_id,
    p.marketplace_id,
    p.day,
    p.sku
), sales_days AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    SUM(CASE WHEN s.units_ordered IS NOT NULL THEN 1 ELSE 0 END) AS known
  FROM __ref__sales_day__ AS s
  GROUP BY
    s.account_id,
    s.marketplace_id,
    s.day
), ads_days AS (
  SELECT
    a.account_id,
    a.marketplace_id,
    a.day
  FROM __ref__ads_day__ AS a
  GROUP BY
    a.account_id,
    a.marketplace_id,
    a.day
), known AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.currency,
    s.unsettled,
    CASE WHEN d.known > 0 AND s.lacks_sales = 0 THEN s.sales_ordered END AS sales_ordered,
    CASE WHEN a.day IS NOT NULL THEN s.spend END AS spend,
    CASE WHEN a.day IS NOT NULL THEN s.ad_sales END AS ad_sales
  FROM summed AS s
  LEFT JOIN sales_days AS d
    ON d.account_id = s.account_id
    AND d.marketplace_id = s.marketplace_id
    AND d.day = s.day
  LEFT JOIN ads_days AS a
    ON a.account_id = s.account_id
    AND a.marketplace_id = s.marketplace_id
    AND a.day = s.day
)
SELECT
  k.account_id,
  k.marketplace_id,
  k.day,
  k.sku,
  k.currency,
  k.sales_ordered,
  k.spend,
  k.ad_sales,
  CASE
    WHEN k.sales_ordered >= k.ad_sales
    THEN k.sales_ordered - k.ad_sales
    WHEN k.sales_ordered < k.ad_sales
    THEN 0
  END AS organic_sales,
  CASE
    WHEN k.sales_ordered >= k.ad_sales
    THEN 0
    WHEN k.sales_ordered < k.ad_sales
    THEN k.ad_sales - k.sales_ordered
  END AS excess_sales,
  CASE
    WHEN k.sku <> '' AND k.sales_ordered < k.ad_sales
    THEN 'attribution_exceeds_sales'
    ELSE ''
  END AS warning,
  CASE
    WHEN k.sales_ordered IS NULL OR k.ad_sales IS NULL
    THEN 'incomplete'
    WHEN k.unsettled > 0
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  LTRIM(
    CASE WHEN k.ad_sales IS NULL THEN ', ads' ELSE '' END || CASE WHEN k.sales_ordered IS NULL THEN ', orders' ELSE '' END,
    ', '
  ) AS missing
FROM known AS k
