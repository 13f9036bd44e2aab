WITH seen AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.date AS day,
    s.child_asin AS asin,
    s.sku,
    COALESCE(s.units_ordered, 0) AS units,
    COALESCE(s.sessions, 0) AS sessions,
    0 AS impressions
  FROM __source__amazon_sp__dot__sales_daily_by_sku__ AS s
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    p.advertised_asin,
    p.advertised_sku,
    0,
    0,
    COALESCE(p.impressions, 0)
  FROM __source__amazon_ads__dot__sp_advertised_products__ AS p
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    p.promoted_asin,
    p.promoted_sku,
    0,
    0,
    COALESCE(p.impressions, 0)
  FROM __source__amazon_ads__dot__sd_advertised_products__ AS p
), summed AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.asin,
    s.sku,
    SUM(s.units) AS units,
    SUM(s.sessions) AS sessions,
    SUM(s.impressions) AS impressions
  FROM seen AS s
  /* `none` is stored where a report leaves the cell empty. */
  WHERE
    s.asin IS NOT NULL
    AND s.sku IS NOT NULL
    AND NOT s.asin IN ('', 'none')
    AND NOT s.sku IN ('', 'none')
  GROUP BY
    s.account_id,
    s.marketplace_id,
    s.day,
    s.asin,
    s.sku
), ranked AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.asin,
    s.sku,
    COUNT(*) OVER (PARTITION BY s.account_id, s.marketplace_id, s.day, s.asin) AS skus,
    ROW_NUMBER() OVER (
      PARTITION BY s.account_id, s.marketplace_id, s.day, s.asin
      ORDER BY s.units DESC, s.sessions DESC, s.impressions DESC, TO_HEX(MD5(s.sku))
    ) AS place
  FROM summed AS s
)
SELECT
  r.account_id,
  r.marketplace_id,
  r.day,
  r.asin,
  r.sku,
  r.skus
FROM ranked AS r
WHERE
  r.place = 1
