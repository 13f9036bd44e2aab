WITH reported AS (
  SELECT
    c.account_id,
    c.marketplace_id,
    c.date AS day,
    'SP' AS ad_product,
    c.campaign_id,
    c.currency_code AS currency,
    1 AS is_campaign,
    c.impressions,
    c.clicks,
    c.cost AS spend,
    c.sales_7d AS sales,
    c.attributed_sales_same_sku_7d AS sales_promoted,
    c.purchases_7d AS orders,
    c.units_sold_clicks_7d AS units,
    7 AS window_days,
    DATE(c.reported_at, 'UTC') AS reported_on
  FROM __source__amazon_ads__dot__sp_campaigns__ AS c
  UNION ALL
  SELECT
    c.account_id,
    c.marketplace_id,
    c.date,
    'SB',
    c.campaign_id,
    c.currency_code,
    1,
    c.impressions,
    c.clicks,
    c.cost,
    c.sales,
    c.sales_promoted,
    c.purchases,
    c.units_sold,
    14,
    DATE(c.reported_at, 'UTC')
  FROM __source__amazon_ads__dot__sb_campaigns__ AS c
  UNION ALL
  SELECT
    c.account_id,
    c.marketplace_id,
    c.date,
    'SD',
    c.campaign_id,
    c.currency_code,
    1,
    c.impressions,
    c.clicks,
    c.cost,
    c.sales,
    c.sales_promoted_clicks,
    c.purchases,
    c.units_sold,
    14,
    DATE(c.reported_at, 'UTC')
  FROM __source__amazon_ads__dot__sd_campaigns__ AS c
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SP',
    p.campaign_id,
    p.currency_code,
    0,
    p.impressions,
    p.clicks,
    p.cost,
    p.sales_7d,
    p.attributed_sales_same_sku_7d,
    p.purchases_7d,
    p.units_sold_clicks_7d,
    7,
    DATE(p.reported_at, 'UTC')
  FROM __source__amazon_ads__dot__sp_advertised_products__ AS p
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SD',
    p.campaign_id,
    p.currency_code,
    0,
    p.impressions,
    p.clicks,
    p.cost,
    p.sales,
    p.sales_promoted_clicks,
    p.purchases,
    p.units_sold,
    14,
    DATE(p.reported_at, 'UTC')
  FROM __source__amazon_ads__dot__sd_advertised_products__ AS p
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SB',
    p.campaign_id,
    p.currency_code,
    0,
    p.impressions,
    p.clicks,
    p.cost,
    p.sales,
    p.sales_promoted,
    p.purchases,
    p.units_sold,
    14,
    DATE(p.reported_at, 'UTC')
  FROM __source__amazon_ads__dot__sb_ads__ AS p
), summed AS (
  SELECT
    r.account_id,
    r.marketplace_id,
    r.day,
    r.ad_product,
    r.campaign_id,
    r.is_campaign,
    MAX(r.currency) AS currency,
    SUM(r.impressions) AS impressions,
    SUM(r.clicks) AS clicks,
    SUM(COALESCE(r.spend, 0)) AS spend,
    SUM(r.sales) AS sales,
    SUM(r.sales_promoted) AS sales_promoted,
    SUM(r.orders) AS orders,
    SUM(r.units) AS units,
    MAX(r.window_days) AS window_days,
    MAX(r.reported_on) AS reported_on
  FROM reported AS r
  GROUP BY
    r.account_id,
    r.marketplace_id,
    r.day,
    r.ad_product,
    r.campaign_id,
    r.is_campaign
), chosen AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.ad_product,
    s.campaign_id,
    s.is_campaign,
    s.currency,
    s.impressions,
    s.clicks,
    s.spend,
    s.sales,
    s.sales_promoted,
    s.orders,
    s.units,
    s.window_days,
    s.reported_on,
    ROW_NUMBER() OVER (
      PARTITION BY s.account_id, s.marketplace_id, s.day, s.ad_product, s.campaign_id
      ORDER BY s.is_campaign DESC
    ) AS place
  FROM summed AS s
)
SELECT
  c.account_id,
  c.marketplace_id,
  c.day,
  c.ad_product,
  c.campaign_id,
  c.currency,
  c.impressions,
  c.clicks,
  c.spend,
  c.sales,
  c.sales_promoted,
  c.orders,
  c.units,
  c.window_days,
  ROUND(CAST(CAST(c.spend AS BIGNUMERIC) / NULLIF(c.sales, 0) AS BIGNUMERIC), 6) AS acos,
  CASE
    WHEN c.is_campaign = 0
    THEN 'incomplete'
    WHEN c.window_days = 7 AND c.reported_on >= CAST(c.day + INTERVAL '10' DAY AS DATE)
    THEN 'complete'
    WHEN c.window_days = 14 AND c.reported_on >= CAST(c.day + INTERVAL '17' DAY AS DATE)
    THEN 'complete'
    ELSE 'estimated'
  END AS status,
  CASE WHEN c.is_campaign = 0 THEN 'campaign_report' ELSE '' END AS missing
FROM chosen AS c
WHERE
  c.place = 1
