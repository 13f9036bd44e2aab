WITH ads AS (
  SELECT
    a.account_id,
    a.marketplace_id,
    a.date AS day,
    a.campaign_id,
    a.ad_group_id,
    a.ad_id,
    MAX(a.currency_code) AS currency,
    SUM(COALESCE(a.cost, 0)) AS spend,
    SUM(a.impressions) AS impressions,
    SUM(a.clicks) AS clicks
  FROM __source__amazon_ads__dot__sb_ads__ AS a
  GROUP BY
    a.account_id,
    a.marketplace_id,
    a.date,
    a.campaign_id,
    a.ad_group_id,
    a.ad_id
), snapshots AS (
  SELECT
    a.account_id,
    a.marketplace_id,
    a.day,
    a.ad_id,
    c.asin,
    COALESCE(c.products, '') AS products,
    ROW_NUMBER() OVER (
      PARTITION BY a.account_id, a.marketplace_id, a.day, a.ad_id
      ORDER BY c.snapshot_at DESC
    ) AS place
  FROM ads AS a
  JOIN __source__amazon_ads__dot__ads__ AS c
    ON c.account_id = a.account_id
    AND c.marketplace_id = a.marketplace_id
    AND c.ad_id = a.ad_id
  WHERE
    DATE(c.snapshot_at, 'UTC') >= CAST(a.day - INTERVAL '7' DAY AS DATE)
    AND DATE(c.snapshot_at, 'UTC') <= CAST(a.day + INTERVAL '1' DAY AS DATE)
), creatives AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.ad_id,
    s.asin,
    s.products
  FROM snapshots AS s
  WHERE
    s.place = 1
), bought AS (
  SELECT
    a.account_id,
    a.marketplace_id,
    a.day,
    a.ad_id,
    p.purchased_asin AS asin,
    SUM(COALESCE(p.sales_14d, 0)) AS sales,
    SUM(CASE WHEN p.attribution_type = 'Promoted' THEN 1 ELSE 0 END) AS promoted
  FROM ads AS a
  JOIN __source__amazon_ads__dot__sb_purchased_products__ AS p
    ON p.account_id = a.account_id
    AND p.marketplace_id = a.marketplace_id
    AND p.campaign_id = a.campaign_id
    AND p.ad_group_id = a.ad_group_id
  WHERE
    p.date >= a.day AND p.date <= CAST(a.day + INTERVAL '14' DAY AS DATE)
  GROUP BY
    a.account_id,
    a.marketplace_id,
    a.day,
    a.ad_id,
    p.purchased_asin
), candidates AS (
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_id,
    c.asin,
    0 AS sales,
    1 AS is_known
  FROM creatives AS c
  WHERE
    c.asin IS NOT NULL AND c.asin <> ''
  UNION ALL
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_id,
    k.asin,
    0,
    1
  FROM creatives AS c
  JOIN __ref__asin_sku_day__ AS k
    ON k.account_id = c.account_id
    AND k.marketplace_id = c.marketplace_id
    AND k.day = c.day
  WHERE
    INSTR(c.products, k.asin) > 0
  UNION ALL
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_id,
    b.asin,
    b.sales,
    1
  FROM creatives AS c
  JOIN bought AS b
    ON b.account_id = c.account_id
    AND b.marketplace_id = c.marketplace_id
    AND b.day = c.day
    AND b.ad_id = c.ad_id
  WHERE
    b.asin = c.asin OR INSTR(c.products, b.asin) > 0
  UNION ALL
  SELECT
    b.account_id,
    b.marketplace_id,
    b.day,
    b.ad_id,
    b.asin,
    b.sales,
    0
  FROM bought AS b
  LEFT JOIN creatives AS c
    ON c.account_id = b.account_id
    AND c.marketplace_id = b.marketplace_id
    AND c.day = b.day
    AND c.ad_id = b.ad_id
  WHERE
    c.ad_id IS NULL AND b.promoted > 0
), weighed AS (
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_id,
    c.asin,
    CASE
      WHEN MAX(COALESCE(s.sb_attribution, 'purchases')) = 'purchases'
      THEN SUM(c.sales)
      ELSE 0
    END AS weight,
    MAX(c.is_known) AS is_known
  FROM candidates AS c
  LEFT JOIN __source__reference__dot__account_setting__ AS s
    ON s.account_id = c.account_id
  WHERE
    COALESCE(s.sb_attribution, 'purchases') <> 'none'
  GROUP BY
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_id,
    c.asin
), shares AS (
  SELECT
    w.account_id,
    w.marketplace_id,
    w.day,
    w.ad_id,
    w.asin,
    w.weight,
    w.is_known,
    SUM(w.weight) OVER (PARTITION BY w.account_id, w.marketplace_id, w.day, w.ad_id) AS total,
    COUNT(*) OVER (PARTITION BY w.account_id, w.marketplace_id, w.day, w.ad_id) AS products,
    ROW_NUMBER() OVER (
      PARTITION BY w.account_id, w.marketplace_id, w.day, w.ad_id
      ORDER BY w.weight DESC, w.asin
    ) AS place
  FROM weighed AS w
), rounded AS (
  SELECT
    a.account_id,
    a.marketplace_id,
    a.day,
    a.campaign_id,
    a.ad_id,
    COALESCE(s.asin, '') AS asin,
    a.currency,
    a.spend,
    a.impressions,
    a.clicks,
    s.weight,
    s.total,
    s.products,
    s.is_known,
    s.place,
    CASE
      WHEN s.asin IS NULL
      THEN a.spend
      WHEN s.total > 0
      THEN ROUND(
        CAST(ROUND(CAST(CAST(a.spend * s.weight AS BIGNUMERIC) / NULLIF(s.total, 0) AS BIGNUMERIC), 6) AS BIGNUMERIC),
        2
      )
      ELSE ROUND(
        CAST(ROUND(CAST(CAST(a.spend AS BIGNUMERIC) / NULLIF(s.products, 0) AS BIGNUMERIC), 6) AS BIGNUMERIC),
        2
      )
    END AS part
  FROM ads AS a
  LEFT JOIN shares AS s
    ON s.account_id = a.account_id
    AND s.marketplace_id = a.marketplace_id
    AND s.day = a.day
    AND s.ad_id = a.ad_id
)
SELECT
  r.account_id,
  r.marketplace_id,
  r.day,
  r.campaign_id,
  r.ad_id,
  r.asin,
  r.currency,
  CASE
    WHEN COALESCE(r.place, 1) = 1
    THEN r.part + r.spend - SUM(r.part) OVER (PARTITION BY r.account_id, r.marketplace_id, r.day, r.campaign_id, r.ad_id)
    ELSE r.part
  END AS spend, /* The product with the largest share takes what rounding leaves. */
  CASE WHEN r.products = 1 AND r.is_known = 1 THEN r.impressions END AS impressions,
  CASE WHEN r.products = 1 AND r.is_known = 1 THEN r.clicks END AS clicks,
  COALESCE(r.weight, 0) AS weight,
  CASE
    WHEN r.products IS NULL
    THEN 'unknown'
    WHEN r.products = 1 AND r.is_known = 1
    THEN 'direct'
    WHEN r.total > 0
    THEN 'purchases'
    ELSE 'even'
  END AS method
FROM rounded AS r
